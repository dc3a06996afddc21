/* SPDX-License-Identifier: BSD-2-Clause */
/* What is due for the DKIM keys of a domain; see dkim_schedule.h. */
#include "cli/dkim_schedule.h"

enum { NONE = -1 };

/* The keys of one type that matter, as indexes or NONE. */
struct track {
    long signing; /* the one that signs since last */
    long fresh;   /* the new one to go on with: made after that began to sign, one that is seen before others */
};

static void add_step(struct bs_dkim_plan *plan, enum bs_dkim_action action, enum bs_key_type type, size_t key)
{
    plan->steps[plan->count++] = (struct bs_dkim_plan_step){action, type, key};
}

static void note_next(struct bs_dkim_plan *plan, int64_t since, int64_t seconds)
{
    int64_t at;
    if (!__builtin_add_overflow(since, seconds, &at) && at < plan->next)
        plan->next = at;
}

/* Whether so many seconds have passed; a time that lies ahead has not. */
static bool has_passed(int64_t since, int64_t seconds, int64_t now)
{
    int64_t at;
    return !__builtin_add_overflow(since, seconds, &at) && now >= at;
}

static bool has_type(const struct bs_dkim_schedule_key *keys, size_t count, enum bs_key_type type,
                     enum bs_dkim_key_state state)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == type && keys[i].state == state)
            return true;
    }
    return false;
}

/* The types that go on: those that sign or are about to. Where there is none, those that signed last. */
static void find_types(const struct bs_dkim_schedule *schedule, const struct bs_dkim_schedule_key *keys, size_t count,
                       bool ret_types[BS_KEY_TYPES])
{
    bool any = false;
    for (size_t type = 0; type < BS_KEY_TYPES; type++) {
        ret_types[type] = schedule->wanted[type] || has_type(keys, count, (enum bs_key_type)type, BS_DKIM_KEY_NEW) ||
                          has_type(keys, count, (enum bs_key_type)type, BS_DKIM_KEY_SIGNING);
        any = any || ret_types[type];
    }
    for (size_t type = 0; type < BS_KEY_TYPES && !any; type++)
        ret_types[type] = has_type(keys, count, (enum bs_key_type)type, BS_DKIM_KEY_RETIRING);
    if (!any && !ret_types[BS_KEY_ED25519])
        ret_types[BS_KEY_RSA] = true;
}

/* Whether a new key is a better one to go on with: seen before unseen, then the younger one. */
static bool is_better(const struct bs_dkim_schedule_key *key, const struct bs_dkim_schedule_key *than)
{
    bool seen = key->sight == BS_DKIM_SEEN, than_seen = than->sight == BS_DKIM_SEEN;
    return seen != than_seen ? seen : key->since > than->since;
}

static struct track find_track(const struct bs_dkim_schedule_key *keys, size_t count, enum bs_key_type type)
{
    struct track track = {NONE, NONE};
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == type && keys[i].state == BS_DKIM_KEY_SIGNING &&
            (track.signing == NONE || keys[i].since > keys[track.signing].since))
            track.signing = (long)i;
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type != type || keys[i].state != BS_DKIM_KEY_NEW ||
            (track.signing != NONE && keys[i].since <= keys[track.signing].since))
            continue;
        if (track.fresh == NONE || is_better(&keys[i], &keys[track.fresh]))
            track.fresh = (long)i;
    }
    return track;
}

/* Lets the new key sign, and those that signed retire. */
static void add_start(struct bs_dkim_plan *plan, const struct bs_dkim_schedule *schedule,
                      const struct bs_dkim_schedule_key *keys, size_t count, size_t fresh, int64_t now)
{
    enum bs_key_type type = keys[fresh].type;
    add_step(plan, BS_DKIM_START, type, fresh);
    note_next(plan, now, schedule->every);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type == type && keys[i].state == BS_DKIM_KEY_SIGNING) {
            add_step(plan, BS_DKIM_RETIRE, type, i);
            note_next(plan, now, schedule->overlap);
        }
    }
}

static void plan_type(struct bs_dkim_plan *plan, const struct bs_dkim_schedule *schedule,
                      const struct bs_dkim_schedule_key *keys, size_t count, enum bs_key_type type, int64_t now)
{
    struct track track = find_track(keys, count, type);
    if (track.fresh != NONE) {
        size_t fresh = (size_t)track.fresh;
        if (keys[fresh].sight == BS_DKIM_SEEN)
            add_start(plan, schedule, keys, count, fresh, now);
        else
            add_step(plan, keys[fresh].sight == BS_DKIM_UNSEEN ? BS_DKIM_WAIT : BS_DKIM_DOUBT, type, fresh);
    } else if (track.signing == NONE || has_passed(keys[track.signing].since, schedule->every, now)) {
        add_step(plan, BS_DKIM_MAKE, type, 0);
    } else {
        note_next(plan, keys[track.signing].since, schedule->every);
    }
}

void bs_dkim_schedule_plan(const struct bs_dkim_schedule *schedule, const struct bs_dkim_schedule_key *keys,
                           size_t count, int64_t now, struct bs_dkim_plan *ret_plan)
{
    bool types[BS_KEY_TYPES];
    ret_plan->count = 0;
    ret_plan->next = BS_DKIM_NEVER;
    find_types(schedule, keys, count, types);
    for (size_t type = 0; type < BS_KEY_TYPES; type++) {
        if (types[type])
            plan_type(ret_plan, schedule, keys, count, (enum bs_key_type)type, now);
    }
    for (size_t i = 0; i < count; i++) {
        if (keys[i].state != BS_DKIM_KEY_RETIRING)
            continue;
        if (has_passed(keys[i].since, schedule->overlap, now))
            add_step(ret_plan, BS_DKIM_REVOKE, keys[i].type, i);
        else
            note_next(ret_plan, keys[i].since, schedule->overlap);
    }
}
