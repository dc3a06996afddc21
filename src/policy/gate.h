/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate: what to do with one sender, one recipient, one message, and why. Pure functions of the envelope, the
 * header's kind, the tags that were found, our keys and `now`.
 *
 * Out: mail of ours (from an authenticated client, a host of our networks, or submitted on the machine) whose
 * envelope sender lies in a domain of ours is signed, unless one of its recipients is on the no-sign list.
 *
 * In: only mail with the null sender (RFC 5321 section 4.5.5) from outside is judged, and only for recipients in a
 * domain that observes or enforces.
 *   - A tag with a wrong signature or past its day, or an address that never sends: refused at RCPT.
 *   - A valid tag: proven, delivered. A tag of another program: left to that program.
 *   - No tag, where the address is too long to be signed: let through.
 *   - No tag: judged at the end of data, by bounce_policy.h.
 * Observing does the same and refuses nothing: the decision says what would have been refused.
 */
#ifndef BS_POLICY_GATE_H
#define BS_POLICY_GATE_H

#include "base/network.h"
#include "policy/decision.h"
#include "proof/batv.h"

enum bs_mode {
    BS_MODE_OFF,     /* neither signed nor judged */
    BS_MODE_SIGN,    /* signed; nothing is judged */
    BS_MODE_OBSERVE, /* signed; what would be refused is only said */
    BS_MODE_ENFORCE, /* signed; backscatter is refused */
};

struct bs_gate; /* domains, keys, networks, lists */

/* An empty gate; NULL without memory. `keys` are taken over and freed with it. `lifetime` of tags in days. */
struct bs_gate *bs_gate_new(const struct bs_batv_keys *keys, unsigned lifetime);
void bs_gate_free(struct bs_gate *gate);

/* Each returns false without memory, or for a domain that is there already. */
bool bs_gate_add_domain(struct bs_gate *gate, const char *name, enum bs_mode mode, bool fold_case);
/* `local` of a domain that was added; "*" is every local part. */
bool bs_gate_add_never_sends(struct bs_gate *gate, const char *domain, const char *local);
bool bs_gate_add_network(struct bs_gate *gate, const struct bs_network *network);
/* "user@domain", "domain" or "@domain", ".domain" for every domain below it. */
bool bs_gate_add_no_sign(struct bs_gate *gate, const char *pattern);

/* Whether a client's mail is ours to sign: it logged in, or its address lies in our networks. */
bool bs_gate_client_is_ours(const struct bs_gate *gate, const struct bs_ip *client, bool authenticated);

/* SIGN with the tagged address (local@domain, in the arena), or NONE with the reason, for a sender of ours. */
struct bs_decision bs_gate_sender(const struct bs_gate *gate, const struct bs_address *sender, int64_t now,
                                  struct bs_arena *arena, struct bs_bytes *ret_tagged);

/* Whether no mail to this recipient may be signed. */
bool bs_gate_is_no_sign(const struct bs_gate *gate, const struct bs_address *recipient);

/* A recipient of null-sender mail from outside. */
struct bs_decision bs_gate_recipient(const struct bs_gate *gate, const struct bs_address *recipient, int64_t now,
                                     struct bs_arena *arena);

/* Whether text is an address of ours with a valid tag. */
bool bs_gate_proves(const struct bs_gate *gate, struct bs_bytes candidate, int64_t now, struct bs_arena *arena);

/* The mode of a domain; off for one that is none of ours. */
enum bs_mode bs_gate_mode(const struct bs_gate *gate, struct bs_bytes domain);

/* Whether any domain has this mode, or a later one. */
bool bs_gate_has_mode(const struct bs_gate *gate, enum bs_mode mode);

/* The keys of tags. */
const struct bs_batv_keys *bs_gate_keys(const struct bs_gate *gate);

/* What a tagged recipient is called without its tag, for maps: false unless the domain is ours, whatever its mode,
 * and the tag is signed by us. Expiry is not looked at: ordinary mail may answer an old tagged address. */
bool bs_gate_untag(const struct bs_gate *gate, struct bs_bytes path, struct bs_arena *arena,
                   struct bs_bytes *ret_address);

#endif
