/* SPDX-License-Identifier: BSD-2-Clause */
/* The words and replies of decisions, one row a reason; see decision.h. */
#include "policy/decision.h"

#include <stddef.h>

static const struct {
    const char *name;
    unsigned code;    /* 0 where the reason never refuses */
    const char *text; /* begins with the enhanced status code */
} reasons[BS_REASON_COUNT] = {
    [BS_REASON_NONE] = {"none", 0, NULL},
    [BS_REASON_SIGNED] = {"signed", 0, NULL},
    [BS_REASON_NO_SIGN_LIST] = {"no-sign-list", 0, NULL},
    [BS_REASON_ALREADY_TAGGED] = {"already-tagged", 0, NULL},
    [BS_REASON_LOCAL_PART_LONG] = {"local-part-long", 0, NULL},
    [BS_REASON_SIGNING_FAILED] = {"signing-failed", 0, NULL},
    [BS_REASON_TAG_VALID] = {"tag-valid", 0, NULL},
    [BS_REASON_TAG_FOREIGN] = {"tag-foreign", 0, NULL},
    [BS_REASON_TAG_FORGED] =
        {"tag-forged", 550, "5.7.1 Bounce refused: the tag of this address is forged, we did not send the original"},
    [BS_REASON_TAG_UNKNOWN_KEY] =
        {"tag-unknown-key", 550, "5.7.1 Bounce refused: the tag of this address is not from any key of ours"},
    [BS_REASON_TAG_EXPIRED] =
        {"tag-expired", 550, "5.7.1 Bounce refused: the tag of this address has expired"},
    [BS_REASON_NEVER_SENDS] =
        {"never-sends", 550, "5.7.1 Bounce refused: this address never sends mail, the original was forged"},
    [BS_REASON_BOUNCE_PROVEN] = {"bounce-proven", 0, NULL},
    [BS_REASON_BOUNCE_NOT_OURS] =
        {"bounce-not-ours", 550, "5.7.1 Bounce refused: we did not send the message that it is about, its sender was forged"},
    [BS_REASON_BOUNCE_UNCLEAR] =
        {"bounce-unclear", 550, "5.7.1 Bounce refused: nothing in it shows that we sent the message that it is about"},
    [BS_REASON_AUTO_REPLY_PROVEN] = {"auto-reply-proven", 0, NULL},
    [BS_REASON_AUTO_REPLY_NOT_OURS] =
        {"auto-reply-not-ours", 550, "5.7.1 Automatic reply refused: we did not send the message that it answers, its "
                                     "sender was forged"},
    [BS_REASON_AUTO_REPLY_UNCLEAR] =
        {"auto-reply-unclear", 550, "5.7.1 Automatic reply refused: nothing in it shows that we sent the message that it "
                                    "answers"},
    [BS_REASON_CHALLENGE_PROVEN] = {"challenge-proven", 0, NULL},
    [BS_REASON_CHALLENGE_NOT_OURS] =
        {"challenge-not-ours", 550, "5.7.1 Challenge refused: we did not send the message that it is about, its sender was "
                                    "forged"},
    [BS_REASON_CHALLENGE_UNCLEAR] =
        {"challenge-unclear", 550, "5.7.1 Challenge refused: nothing in it shows that we sent the message that it is about"},
    [BS_REASON_NOTICE_PROVEN] = {"notice-proven", 0, NULL},
    [BS_REASON_NOTICE_NOT_OURS] =
        {"notice-not-ours", 550, "5.7.1 Notice refused: we did not send the message that it is about, its sender was "
                                 "forged"},
    [BS_REASON_NOTICE_UNCLEAR] =
        {"notice-unclear", 550, "5.7.1 Notice refused: nothing in it shows that we sent the message that it is about"},
    [BS_REASON_MDN] = {"mdn", 0, NULL},
    [BS_REASON_ARF] = {"arf", 0, NULL},
    [BS_REASON_LIST] = {"list", 0, NULL},
    [BS_REASON_OTHER_AUTOMATIC] = {"other-automatic", 0, NULL},
    [BS_REASON_NOT_AUTOMATIC] = {"not-automatic", 0, NULL},
    [BS_REASON_UNREAD] = {"unread", 0, NULL},
    [BS_REASON_MESSAGE_MEMORY] = {"message-memory", 0, NULL},
    [BS_REASON_CAMPAIGN_BEGINS] = {"campaign-begins", 0, NULL},
    [BS_REASON_CAMPAIGN_ENDS] = {"campaign-ends", 0, NULL},
    [BS_REASON_MIXED_RECIPIENTS] =
        {"mixed-recipients", 452, "4.5.3 Send this bounce to one recipient at a time, please"},
    [BS_REASON_RECIPIENT_LIMIT] = {"recipient-limit", 452, "4.5.3 Too many recipients for a bounce"},
    [BS_REASON_DMARC_PASS] = {"dmarc-pass", 0, NULL},
    [BS_REASON_DMARC_NONE] = {"dmarc-none", 0, NULL},
    [BS_REASON_DMARC_TEMPERROR] =
        {"dmarc-temperror", 451, "4.7.5 DNS did not tell whether this message is genuine, try again later"},
    [BS_REASON_DMARC_FAIL] = {"dmarc-fail", 0, NULL},
    [BS_REASON_DMARC_QUARANTINE] =
        {"dmarc-quarantine", 550, "5.7.26 Refused: neither SPF nor DKIM vouches for the domain in From, whose DMARC "
                                  "policy asks for quarantine"},
    [BS_REASON_DMARC_REJECT] =
        {"dmarc-reject", 550, "5.7.26 Refused: neither SPF nor DKIM vouches for the domain in From, whose DMARC policy "
                              "asks to reject such mail"},
    [BS_REASON_FROM_AMBIGUOUS] = {"from-ambiguous", 0, NULL},
    [BS_REASON_FROM_AMBIGUOUS_QUARANTINE] =
        {"from-ambiguous-quarantine", 550, "5.7.1 Refused: From can be read in several ways, one of which is a domain "
                                           "whose DMARC policy asks for quarantine"},
    [BS_REASON_FROM_AMBIGUOUS_REJECT] =
        {"from-ambiguous-reject", 550, "5.7.1 Refused: From can be read in several ways, one of which is a domain whose "
                                       "DMARC policy asks to reject forgeries"},
    [BS_REASON_FROM_INCOMPLETE] =
        {"from-incomplete", 550, "5.7.1 Refused: From or the whole header is too large to see whose policy holds for it"},
    [BS_REASON_TRUSTED_FORWARDER] = {"trusted-forwarder", 0, NULL},
    [BS_REASON_TRUSTED_SEALER] = {"trusted-sealer", 0, NULL},
    [BS_REASON_PROVEN_BOUNCE] = {"proven-bounce", 0, NULL},
    [BS_REASON_SENDER_NXDOMAIN] =
        {"sender-nxdomain", 550, "5.1.8 Sender refused: its domain does not exist, so that no bounce could reach it"},
    [BS_REASON_SENDER_NO_HOST] =
        {"sender-no-host", 550, "5.1.8 Sender refused: its domain has neither MX nor address, so that no bounce could "
                                "reach it"},
    [BS_REASON_SENDER_NULL_MX] =
        {"sender-null-mx", 550, "5.7.27 Sender refused: its domain says by a null MX that it takes no mail"},
    [BS_REASON_DKIM_SIGNED] = {"dkim-signed", 0, NULL},
    [BS_REASON_DKIM_UNSIGNED] = {"dkim-unsigned", 0, NULL},
    [BS_REASON_ARC_UNSEALED] = {"arc-unsealed", 0, NULL},
};

const char *bs_reason_name(enum bs_reason reason)
{
    return reasons[reason].name;
}

const char *bs_action_name(enum bs_action action)
{
    static const char *const names[] = {
        [BS_ACTION_NONE] = "none", [BS_ACTION_SIGN] = "sign",     [BS_ACTION_PASS] = "pass",
        [BS_ACTION_WAIT] = "wait", [BS_ACTION_REFUSE] = "refuse", [BS_ACTION_DEFER] = "defer",
        [BS_ACTION_TAG] = "tag",   [BS_ACTION_QUARANTINE] = "quarantine", [BS_ACTION_DISCARD] = "discard",
    };
    return names[action];
}

unsigned bs_decision_reply(const struct bs_decision *decision, const char **ret_text)
{
    *ret_text = reasons[decision->reason].text;
    return reasons[decision->reason].code;
}
