/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate's judgements, a row each, on one set of domains. The tags are Exim's for key "secret", 2026-08-21. */
#include "policy/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DAY = 86400 };
static const int64_t august_21 = INT64_C(20686) * DAY;

struct fixture {
    struct bs_gate *gate;
    struct bs_arena arena;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct bs_batv_keys keys = {.signing_digit = 0};
    struct bs_network network;
    keys.by_digit[0] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    fixture.gate = bs_gate_new(&keys, 7);
    bs_arena_init(&fixture.arena, 1 << 20);
    assert_true(bs_gate_add_domain(fixture.gate, "test.ex", BS_MODE_ENFORCE, true));
    assert_true(bs_gate_add_domain(fixture.gate, "exact.example", BS_MODE_ENFORCE, false));
    assert_true(bs_gate_add_domain(fixture.gate, "watch.example", BS_MODE_OBSERVE, true));
    assert_true(bs_gate_add_domain(fixture.gate, "sign.example", BS_MODE_SIGN, true));
    assert_true(bs_gate_add_domain(fixture.gate, "off.example", BS_MODE_OFF, true));
    assert_true(bs_gate_add_domain(fixture.gate, "mute.example", BS_MODE_ENFORCE, true));
    assert_false(bs_gate_add_domain(fixture.gate, "TEST.ex", BS_MODE_OFF, true));
    assert_true(bs_gate_add_never_sends(fixture.gate, "test.ex", "info"));
    assert_true(bs_gate_add_never_sends(fixture.gate, "watch.example", "info"));
    assert_true(bs_gate_add_never_sends(fixture.gate, "sign.example", "info"));
    assert_true(bs_gate_add_never_sends(fixture.gate, "mute.example", "*"));
    assert_false(bs_gate_add_never_sends(fixture.gate, "elsewhere.example", "info"));
    assert_true(bs_network_parse(BS_LITERAL("192.0.2.0/24"), &network));
    assert_true(bs_gate_add_network(fixture.gate, &network));
    assert_true(bs_gate_add_no_sign(fixture.gate, "@lists.example"));
    assert_true(bs_gate_add_no_sign(fixture.gate, ".below.example"));
    assert_true(bs_gate_add_no_sign(fixture.gate, "Challenger@strict.example"));
    assert_true(bs_gate_add_no_sign(fixture.gate, "challenger@strict.example"));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    bs_gate_free(fixture->gate);
    bs_arena_reset(&fixture->arena);
    return 0;
}

static struct bs_address parsed(struct fixture *fixture, const char *path)
{
    struct bs_address address;
    if (!bs_path_parse(bs_bytes_from_cstr(path), &fixture->arena, &address))
        fail_msg("%s is no address", path);
    return address;
}

struct sender_case {
    const char *sender;
    enum bs_reason reason;
    const char *tagged;
};

#define LOCAL_48 "a23456789b123456789c123456789d123456789e12345678"

static const struct sender_case sender_cases[] = {
    {"userx@test.ex", BS_REASON_SIGNED, "prvs=0693afc14e=userx@test.ex"},
    {"UserX@Test.EX", BS_REASON_SIGNED, "prvs=0693afc14e=userx@test.ex"},
    {"userx@watch.example", BS_REASON_SIGNED, NULL},
    {"userx@sign.example", BS_REASON_SIGNED, NULL},
    {"info@test.ex", BS_REASON_SIGNED, NULL},
    {"userx@off.example", BS_REASON_NONE, NULL},
    {"userx@elsewhere.example", BS_REASON_NONE, NULL},
    {"userx@sub.test.ex", BS_REASON_NONE, NULL},
    {"userx", BS_REASON_NONE, NULL},
    {"prvs=0693afc14e=userx@test.ex", BS_REASON_ALREADY_TAGGED, NULL},
    {"btv1==0693afc14e==userx@test.ex", BS_REASON_ALREADY_TAGGED, NULL},
    {LOCAL_48 "@test.ex", BS_REASON_SIGNED, NULL},
    {LOCAL_48 "9@test.ex", BS_REASON_LOCAL_PART_LONG, NULL},
};

static void a_sender_is_signed_where_its_domain_is_ours(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof sender_cases / sizeof sender_cases[0]; i++) {
        const struct sender_case *c = &sender_cases[i];
        struct bs_address sender = parsed(fixture, c->sender);
        struct bs_bytes tagged;
        struct bs_decision decision =
            bs_gate_sender(fixture->gate, &sender, august_21, &fixture->arena, &tagged);
        if (decision.reason != c->reason ||
            decision.action != (c->reason == BS_REASON_SIGNED ? BS_ACTION_SIGN : BS_ACTION_NONE))
            fail_msg("%s: %s", c->sender, bs_reason_name(decision.reason));
        if (c->tagged)
            assert_string_equal(tagged.ptr, c->tagged);
    }
}

static void capitals_are_kept_where_the_domain_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct bs_address sender = parsed(fixture, "UserX@Exact.Example");
    struct bs_bytes tagged;
    bs_gate_sender(fixture->gate, &sender, august_21, &fixture->arena, &tagged);
    assert_string_equal(tagged.ptr + BS_BATV_TAG_SIZE, "UserX@Exact.Example");
}

struct recipient_case {
    const char *recipient;
    enum bs_action action;
    enum bs_reason reason;
    bool observed;
};

static const struct recipient_case recipient_cases[] = {
    {"prvs=0693afc14e=userx@test.ex", BS_ACTION_PASS, BS_REASON_TAG_VALID, false},
    {"prvs=0693afc14f=userx@test.ex", BS_ACTION_REFUSE, BS_REASON_TAG_FORGED, false},
    {"prvs=5693afc14e=userx@test.ex", BS_ACTION_REFUSE, BS_REASON_TAG_UNKNOWN_KEY, false},
    {"prvs=0685000000=userx@test.ex", BS_ACTION_REFUSE, BS_REASON_TAG_FORGED, false},
    {"btv1==0693afc14e==userx@test.ex", BS_ACTION_PASS, BS_REASON_TAG_FOREIGN, false},
    {"btv1==0693afc14e==userx+x@test.ex", BS_ACTION_PASS, BS_REASON_TAG_FOREIGN, false},
    {"userx+prvs=0693afc14e@test.ex", BS_ACTION_WAIT, BS_REASON_NONE, false},
    {"info+prvs=0693afc14e@test.ex", BS_ACTION_REFUSE, BS_REASON_NEVER_SENDS, false},
    {"a23456789012345678901234567890123456789012345678@test.ex", BS_ACTION_WAIT, BS_REASON_NONE, false},
    {"a234567890123456789012345678901234567890123456789@test.ex", BS_ACTION_PASS, BS_REASON_LOCAL_PART_LONG, false},
    {"a234567890123456789012345678901234567890123456789@mute.example", BS_ACTION_REFUSE, BS_REASON_NEVER_SENDS, false},
    {"userx@test.ex.", BS_ACTION_WAIT, BS_REASON_NONE, false},
    {"userx@test.ex", BS_ACTION_WAIT, BS_REASON_NONE, false},
    {"info@test.ex", BS_ACTION_REFUSE, BS_REASON_NEVER_SENDS, false},
    {"INFO+x@Test.ex", BS_ACTION_REFUSE, BS_REASON_NEVER_SENDS, false},
    {"information@test.ex", BS_ACTION_WAIT, BS_REASON_NONE, false},
    {"anybody@mute.example", BS_ACTION_REFUSE, BS_REASON_NEVER_SENDS, false},
    {"userx@watch.example", BS_ACTION_WAIT, BS_REASON_NONE, true},
    {"info@watch.example", BS_ACTION_PASS, BS_REASON_NEVER_SENDS, true},
    {"prvs=0693afc14e=userx@watch.example", BS_ACTION_PASS, BS_REASON_TAG_FORGED, true},
    {"info@sign.example", BS_ACTION_NONE, BS_REASON_NONE, false},
    {"prvs=0693afc14e=userx@sign.example", BS_ACTION_NONE, BS_REASON_NONE, false},
    {"userx@off.example", BS_ACTION_NONE, BS_REASON_NONE, false},
    {"userx@elsewhere.example", BS_ACTION_NONE, BS_REASON_NONE, false},
    {"postmaster", BS_ACTION_NONE, BS_REASON_NONE, false},
};

static void a_recipient_of_a_bounce_is_judged_by_its_tag_and_domain(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof recipient_cases / sizeof recipient_cases[0]; i++) {
        const struct recipient_case *c = &recipient_cases[i];
        struct bs_address recipient = parsed(fixture, c->recipient);
        struct bs_decision decision =
            bs_gate_recipient(fixture->gate, &recipient, august_21, &fixture->arena);
        if (decision.action != c->action || decision.reason != c->reason || decision.observed != c->observed)
            fail_msg("%s: %s %s", c->recipient, bs_action_name(decision.action), bs_reason_name(decision.reason));
    }
}

static void an_expired_tag_is_refused_with_its_age(void **state)
{
    struct fixture *fixture = *state;
    struct bs_address recipient = parsed(fixture, "prvs=0693afc14e=userx@test.ex");
    struct bs_decision decision =
        bs_gate_recipient(fixture->gate, &recipient, august_21 + 10 * DAY, &fixture->arena);
    assert_int_equal(decision.action, BS_ACTION_REFUSE);
    assert_int_equal(decision.reason, BS_REASON_TAG_EXPIRED);
    assert_int_equal(decision.days_left, -3);
}

static void a_domain_has_its_mode_and_others_have_none(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(bs_gate_mode(fixture->gate, BS_LITERAL("TEST.ex")), BS_MODE_ENFORCE);
    assert_int_equal(bs_gate_mode(fixture->gate, BS_LITERAL("watch.example")), BS_MODE_OBSERVE);
    assert_int_equal(bs_gate_mode(fixture->gate, BS_LITERAL("elsewhere.example")), BS_MODE_OFF);
    assert_int_equal(bs_gate_mode(fixture->gate, bs_bytes(NULL, 0)), BS_MODE_OFF);
    assert_true(bs_gate_has_mode(fixture->gate, BS_MODE_ENFORCE));
}

static void a_gate_has_the_modes_up_to_that_of_its_strictest_domain(void **state)
{
    struct bs_batv_keys none = {.signing_digit = 0};
    struct bs_gate *gate = bs_gate_new(&none, 7);
    (void)state;
    assert_true(bs_gate_add_domain(gate, "a.example", BS_MODE_SIGN, true));
    assert_true(bs_gate_add_domain(gate, "b.example", BS_MODE_OFF, true));
    assert_true(bs_gate_has_mode(gate, BS_MODE_SIGN));
    assert_false(bs_gate_has_mode(gate, BS_MODE_OBSERVE));
    bs_gate_free(gate);
}

static void returned_text_proves_only_with_a_valid_tag_of_ours(void **state)
{
    struct fixture *fixture = *state;
    const struct bs_bytes genuine = BS_LITERAL("prvs=0693afc14e=userx@test.ex");
    assert_true(bs_gate_proves(fixture->gate, genuine, august_21, &fixture->arena));
    assert_false(bs_gate_proves(fixture->gate, genuine, august_21 + 8 * DAY, &fixture->arena));
    assert_false(bs_gate_proves(fixture->gate, BS_LITERAL("prvs=0693afc14f=userx@test.ex"), august_21,
                                &fixture->arena));
    assert_false(bs_gate_proves(fixture->gate, BS_LITERAL("userx@test.ex"), august_21, &fixture->arena));
    assert_false(bs_gate_proves(fixture->gate, BS_LITERAL("prvs=0693f7077b=userx@foreign.example"), august_21,
                                &fixture->arena)); /* our key, but no domain of ours */
    assert_false(bs_gate_proves(fixture->gate, BS_LITERAL("nonsense"), august_21, &fixture->arena));
}

struct untag_case {
    const char *path;
    const char *address; /* NULL: not found */
};

static const struct untag_case untag_cases[] = {
    {"prvs=0693afc14e=userx@test.ex", "userx@test.ex"},
    {"PRVS=0693AFC14E=USERX@TEST.EX", "userx@test.ex"},
    {"prvs=0693afc14f=userx@test.ex", NULL},
    {"prvs=5693afc14e=userx@test.ex", NULL},
    {"prvs=0693f7077b=userx@foreign.example", NULL}, /* our key, but no domain of ours */
    {"btv1==0693afc14e==userx@test.ex", NULL},
    {"userx@test.ex", NULL},
    {"test.ex", NULL},
    {"@test.ex", NULL},
    {"", NULL},
    {"prvs=0693afc14e=userx", NULL},
};

static void only_our_own_tags_are_taken_off(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof untag_cases / sizeof untag_cases[0]; i++) {
        const struct untag_case *c = &untag_cases[i];
        struct bs_bytes address = {NULL, 0};
        bool found = bs_gate_untag(fixture->gate, bs_bytes_from_cstr(c->path), &fixture->arena, &address);
        if (found != (c->address != NULL))
            fail_msg("%s: found is %d", c->path, found);
        if (found)
            assert_string_equal(address.ptr, c->address);
    }
}

static void an_old_tag_is_taken_off_for_ordinary_mail(void **state)
{
    struct fixture *fixture = *state;
    struct bs_address sender = parsed(fixture, "userx@test.ex");
    struct bs_bytes tagged, address;
    bs_gate_sender(fixture->gate, &sender, august_21 - 600 * (int64_t)DAY, &fixture->arena, &tagged);
    assert_true(bs_gate_untag(fixture->gate, tagged, &fixture->arena, &address));
    assert_string_equal(address.ptr, "userx@test.ex");
}

static void the_no_sign_list_names_addresses_domains_and_what_is_below_them(void **state)
{
    static const struct {
        const char *recipient;
        bool no_sign;
    } rows[] = {
        {"anybody@lists.example", true},        {"anybody@LISTS.example", true},
        {"anybody@sub.lists.example", false},   {"x@a.below.example", true},
        {"x@b.a.below.example", true},          {"x@below.example", false},
        {"challenger@strict.example", true},    {"CHALLENGER@strict.example", true},
        {"other@strict.example", false},        {"postmaster", false},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bs_address recipient = parsed(fixture, rows[i].recipient);
        if (bs_gate_is_no_sign(fixture->gate, &recipient) != rows[i].no_sign)
            fail_msg("%s", rows[i].recipient);
    }
}

static void mail_is_ours_by_login_or_network(void **state)
{
    struct fixture *fixture = *state;
    struct bs_ip inside, outside, unknown = {0};
    assert_true(bs_ip_parse(BS_LITERAL("192.0.2.77"), &inside));
    assert_true(bs_ip_parse(BS_LITERAL("198.51.100.1"), &outside));
    assert_true(bs_gate_client_is_ours(fixture->gate, &inside, false));
    assert_false(bs_gate_client_is_ours(fixture->gate, &outside, false));
    assert_false(bs_gate_client_is_ours(fixture->gate, &unknown, false));
    assert_true(bs_gate_client_is_ours(fixture->gate, &outside, true));
}

static void every_refusal_has_a_reply_that_says_why(void **state)
{
    (void)state;
    for (enum bs_reason reason = 0; reason < BS_REASON_COUNT; reason++) {
        struct bs_decision decision = {.action = BS_ACTION_REFUSE, .reason = reason};
        const char *text;
        unsigned code = bs_decision_reply(&decision, &text);
        assert_non_null(bs_reason_name(reason));
        if (code == 0)
            continue;
        assert_true(code == 550 || code == 451 || code == 452);
        assert_int_equal(text[0], code == 550 ? '5' : '4');
        assert_int_equal(text[1], '.');
    }
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GATE_TEST(a_sender_is_signed_where_its_domain_is_ours),
        GATE_TEST(capitals_are_kept_where_the_domain_says_so),
        GATE_TEST(a_recipient_of_a_bounce_is_judged_by_its_tag_and_domain),
        GATE_TEST(an_expired_tag_is_refused_with_its_age),
        GATE_TEST(a_domain_has_its_mode_and_others_have_none),
        GATE_TEST(a_gate_has_the_modes_up_to_that_of_its_strictest_domain),
        GATE_TEST(returned_text_proves_only_with_a_valid_tag_of_ours),
        GATE_TEST(only_our_own_tags_are_taken_off),
        GATE_TEST(an_old_tag_is_taken_off_for_ordinary_mail),
        GATE_TEST(the_no_sign_list_names_addresses_domains_and_what_is_below_them),
        GATE_TEST(mail_is_ours_by_login_or_network),
        GATE_TEST(every_refusal_has_a_reply_that_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
