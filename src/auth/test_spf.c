/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole checks against canned DNS: every mechanism and modifier, identities, errors, limits, and what is asked when. */
#include "auth/spf.h"

#include "ask/canned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TXT " 300 IN TXT "

static const char zone[] =
    /* mechanisms */
    "a.example." TXT "\"v=spf1 a -all\"\n"
    "a.example. 300 IN A 192.0.2.1\n"
    "a.example. 300 IN A 192.0.2.2\n"
    "a.example. 300 IN AAAA 2001:db8::1\n"
    "cidr.example." TXT "\"v=spf1 a:a.example/24//64 -all\"\n"
    "zero.example." TXT "\"v=spf1 a:a.example/0 -all\"\n"
    "zero6.example." TXT "\"v=spf1 a:a.example//0 -all\"\n"
    "mx.example." TXT "\"v=spf1 mx -all\"\n"
    "mx.example. 300 IN MX 10 mx1.example.\n"
    "mx.example. 300 IN MX 20 mx2.example.\n"
    "mx1.example. 300 IN A 192.0.2.1\n"
    "mx2.example. 300 IN A 192.0.2.2\n"
    "nullmx.example." TXT "\"v=spf1 mx -all\"\n"
    "nullmx.example. 300 IN MX 0 .\n"
    "implicit.example." TXT "\"v=spf1 mx ~all\"\n"
    "implicit.example. 300 IN A 192.0.2.1\n"
    "ip.example." TXT "\"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all\"\n"
    "mapped.example." TXT "\"v=spf1 ip6:::ffff:192.0.2.1 ip6:::ffff:0:0/96 ip6:::/0 ?all\"\n"
    "any4.example." TXT "\"v=spf1 ip4:10.0.0.0/0 -all\"\n"
    "exists.example." TXT "\"v=spf1 exists:%{ir}.%{l}.list.example -all\"\n"
    "1.2.0.192.user.list.example. 300 IN A 127.0.0.2\n"
    "exists6.example." TXT "\"v=spf1 exists:only6.example -all\"\n"
    "only6.example. 300 IN AAAA 2001:db8::9\n"
    "exists4.example." TXT "\"v=spf1 exists:a.example -all\"\n"
    "ptr.example." TXT "\"v=spf1 ptr -all\"\n"
    "1.2.0.192.in-addr.arpa. 300 IN PTR Host.PTR.example.\n"
    "2.2.0.192.in-addr.arpa. 300 IN PTR liar.ptr.example.\n"
    "3.2.0.192.in-addr.arpa. 300 IN PTR xptr.example.\n"
    "3.2.0.192.in-addr.arpa. 300 IN PTR slow.ptr.example.\n"
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR host.ptr.example.\n"
    "host.ptr.example. 300 IN A 192.0.2.1\n"
    "host.ptr.example. 300 IN AAAA 2001:db8::1\n"
    "liar.ptr.example. 300 IN A 192.0.2.77\n"
    "xptr.example. 300 IN A 192.0.2.3\n"
    "slow.ptr.example. TIMEOUT\n"
    "all.example." TXT "\"v=spf1 ?all\"\n"
    "empty.example." TXT "\"v=spf1\"\n"
    /* records */
    "none.example." TXT "\"v=spf10 -all\"\n"
    "none.example." TXT "\"hello\"\n"
    "two.example." TXT "\"v=spf1 -all\"\n"
    "two.example." TXT "\"V=SPF1 +all\"\n"
    "joined.example." TXT "\"v=sp\" \"f1 ip4:192.\" \"0.2.1 -all\"\n"
    "late.example." TXT "\"v=spf1 +all moo\"\n"
    "newline.example." TXT "\"v=spf1 ip4:192.0.2.1\\010-all\"\n"
    "slow.example. TIMEOUT\n"
    "broken.example. SERVFAIL\n"
    "xn--bcher-kva.example." TXT "\"v=spf1 exists:%{o}.idn.example -all\"\n"
    "xn--bcher-kva.example.idn.example. 300 IN A 127.0.0.2\n"
    "eai.example." TXT "\"v=spf1 exists:%{l}.list.example include:%{s}.inc.example ~all\"\n"
    "eairedirect.example." TXT "\"v=spf1 redirect=%{l}.a.example\"\n"
    /* include and redirect */
    "include.example." TXT "\"v=spf1 include:ip.example -all\"\n"
    "include2.example." TXT "\"v=spf1 include:implicit.example ?all\"\n"
    "includenone.example." TXT "\"v=spf1 include:none.example -all\"\n"
    "includeslow.example." TXT "\"v=spf1 include:slow.example -all\"\n"
    "includebad.example." TXT "\"v=spf1 include:late.example -all\"\n"
    "includeodd.example." TXT "\"v=spf1 include:a..example -all\"\n"
    "current.example." TXT "\"v=spf1 include:%{d2}.sub.example -all\"\n"
    "current.example.sub.example." TXT "\"v=spf1 exists:%{d}.%{o}.d.example -all\"\n"
    "current.example.sub.example.current.example.d.example. 300 IN A 127.0.0.2\n"
    "redirect.example." TXT "\"v=spf1 ip4:192.0.2.9 redirect=a.example\"\n"
    "redirectall.example." TXT "\"v=spf1 redirect=late.example ~all\"\n"
    "redirectnone.example." TXT "\"v=spf1 redirect=none.example\"\n"
    "redirectgone.example." TXT "\"v=spf1 redirect=gone.example\"\n"
    "loop.example." TXT "\"v=spf1 include:loop.example\"\n"
    "rloop.example." TXT "\"v=spf1 redirect=rloop.example\"\n"
    /* DNS that fails, names that DNS cannot hold */
    "aslow.example." TXT "\"v=spf1 a:slow.example -all\"\n"
    "mxslow.example." TXT "\"v=spf1 mx -all\"\n"
    "mxslow.example. 300 IN MX 10 slow.example.\n"
    "mxslow.example. 300 IN MX 20 mx1.example.\n"
    "existsslow.example." TXT "\"v=spf1 exists:broken.example -all\"\n"
    "early.example." TXT "\"v=spf1 ip4:192.0.2.1 a:slow.example -all\"\n"
    "label.example." TXT "\"v=spf1 a:a..example a:"
    "0123456789012345678901234567890123456789012345678901234567890123.example a:%{h}.example ~all\"\n"
    /* explanations */
    "exp.example." TXT "\"v=spf1 -all exp=why.%{d}\"\n"
    "why.exp.example." TXT "\"%{i} (%{c}) is no %{d} host; see http://x.example/?s=%{S}&r=%{R}&t=%{t}.\"\n"
    "exptwo.example." TXT "\"v=spf1 -all exp=texts.example\"\n"
    "texts.example." TXT "\"one\"\n"
    "texts.example." TXT "\"two\"\n"
    "expslow.example." TXT "\"v=spf1 -all exp=slow.example\"\n"
    "expbad.example." TXT "\"v=spf1 -all exp=bad.example\"\n"
    "bad.example." TXT "\"%{x}\"\n"
    "expbytes.example." TXT "\"v=spf1 -all exp=bytes.example\"\n"
    "bytes.example." TXT "\"caf\\195\\169\"\n"
    "explocal.example." TXT "\"v=spf1 -all exp=local.example\"\n"
    "local.example." TXT "\"you are %{l}\"\n"
    "expinclude.example." TXT "\"v=spf1 include:exp.example -all\"\n"
    "expredirect.example." TXT "\"v=spf1 exp=local.example redirect=exp.example\"\n"
    "expp.example." TXT "\"v=spf1 -all exp=p.example\"\n"
    "p.example." TXT "\"from %{p}\"\n"
    "expdot.example." TXT "\"v=spf1 -all exp=local.example.\"\n"
    /* macros */
    "d2.sub.macro.example." TXT "\"v=spf1 exists:%{d2}.right.example -all\"\n"
    "macro.example.right.example. 300 IN A 127.0.0.2\n"
    "pname.example." TXT "\"v=spf1 exists:%{p}.p.example -all\"\n"
    "host.ptr.example.p.example. 300 IN A 127.0.0.2\n"
    "unknown.p.example. 300 IN A 127.0.0.2\n"
    "4.2.0.192.in-addr.arpa. 300 IN PTR other.example.\n"
    "4.2.0.192.in-addr.arpa. 300 IN PTR sub.prank.example.\n"
    "4.2.0.192.in-addr.arpa. 300 IN PTR prank.example.\n"
    "other.example. 300 IN A 192.0.2.4\n"
    "sub.prank.example. 300 IN A 192.0.2.4\n"
    "prank.example. 300 IN A 192.0.2.4\n"
    "prank.example." TXT "\"v=spf1 -all exp=p.example\"\n"
    "sub.prank.example." TXT "\"v=spf1 -all exp=p.example\"\n"
    "other.prank.example." TXT "\"v=spf1 -all exp=p.example\"\n"
    "null.example." TXT "\"v=spf1 exists:%{s}.x.example -all\"\n"
    "postmaster@null.example.x.example. 300 IN A 127.0.0.2\n"
    /* void lookups */
    "void2.example." TXT "\"v=spf1 a:gone1.example exists:gone2.example ip4:192.0.2.1 -all\"\n"
    "void3.example." TXT "\"v=spf1 a:gone1.example exists:gone2.example a:gone3.example ip4:192.0.2.1 -all\"\n"
    "voidmx.example." TXT "\"v=spf1 mx ip4:192.0.2.1 -all\"\n"
    "voidmx.example. 300 IN MX 10 gone1.example.\n"
    "voidmx.example. 300 IN MX 10 gone2.example.\n"
    "voidmx.example. 300 IN MX 10 gone3.example.\n"
    "voidexp.example." TXT "\"v=spf1 a:gone1.example a:gone2.example -all exp=gone3.example\"\n";

struct check_case {
    const char *ip, *helo, *local, *domain;
    const char *status;
    const char *because; /* the mechanism, or a part of the problem */
    const char *explanation;
};

#define IP1 "192.0.2.1", "mx.client.example", "user"

static const struct check_case cases[] = {
    {IP1, "a.example", "pass", "a", ""},
    {"192.0.2.2", "h.example", "user", "A.Example", "pass", "a", ""},
    {"192.0.2.3", "h.example", "user", "a.example", "fail", "-all", ""},
    {"2001:db8::1", "h.example", "user", "a.example", "pass", "a", ""},
    {"2001:db8::2", "h.example", "user", "a.example", "fail", "-all", ""},
    {"::ffff:192.0.2.1", "h.example", "user", "a.example", "pass", "a", ""},
    {"192.0.2.200", "h.example", "user", "cidr.example", "pass", "a:a.example/24//64", ""},
    {"2001:db8::ffff:1", "h.example", "user", "cidr.example", "pass", "a:a.example/24//64", ""},
    {"2001:db8:0:1::1", "h.example", "user", "cidr.example", "fail", "-all", ""},
    {"198.51.100.1", "h.example", "user", "zero.example", "pass", "a:a.example/0", ""},
    {"2001:db8::77", "h.example", "user", "zero.example", "fail", "-all", ""},
    {"198.51.100.1", "h.example", "user", "zero6.example", "fail", "-all", ""},
    {"2001:db8::77", "h.example", "user", "zero6.example", "pass", "a:a.example//0", ""},
    {IP1, "mx.example", "pass", "mx", ""},
    {"192.0.2.2", "h.example", "user", "mx.example", "pass", "mx", ""},
    {"192.0.2.3", "h.example", "user", "mx.example", "fail", "-all", ""},
    {IP1, "nullmx.example", "fail", "-all", ""},
    {IP1, "implicit.example", "softfail", "~all", ""},
    {IP1, "ip.example", "pass", "ip4:192.0.2.0/24", ""},
    {"2001:db8:ffff::", "h.example", "user", "ip.example", "pass", "ip6:2001:db8::/32", ""},
    {IP1, "mapped.example", "neutral", "?all", ""},
    {"::ffff:192.0.2.1", "h.example", "user", "mapped.example", "neutral", "?all", ""},
    {"2001:db8::1", "h.example", "user", "mapped.example", "pass", "ip6:::/0", ""},
    {IP1, "any4.example", "pass", "ip4:10.0.0.0/0", ""},
    {"::1", "h.example", "user", "any4.example", "fail", "-all", ""},
    {IP1, "exists.example", "pass", "exists:%{ir}.%{l}.list.example", ""},
    {"192.0.2.1", "h.example", "other", "exists.example", "fail", "-all", ""},
    {"2001:db8::1", "h.example", "user", "exists6.example", "fail", "-all", ""},
    {"2001:db8::1", "h.example", "user", "exists4.example", "pass", "exists:a.example", ""},
    {IP1, "ptr.example", "pass", "ptr", ""},
    {"2001:db8::1", "h.example", "user", "ptr.example", "pass", "ptr", ""},
    {"192.0.2.2", "h.example", "user", "ptr.example", "fail", "-all", ""},
    {"192.0.2.3", "h.example", "user", "ptr.example", "fail", "-all", ""},
    {"192.0.2.99", "h.example", "user", "ptr.example", "fail", "-all", ""},
    {IP1, "all.example", "neutral", "?all", ""},
    {IP1, "empty.example", "neutral", "default", ""},

    {IP1, "none.example", "none", "no SPF record", ""},
    {IP1, "gone.example", "none", "no SPF record", ""},
    {IP1, "two.example", "permerror", "more than one record", ""},
    {IP1, "joined.example", "pass", "ip4:192.0.2.1", ""},
    {IP1, "late.example", "permerror", "late.example: \"moo\" is no mechanism", ""},
    {IP1, "newline.example", "permerror", "ip4:192.0.2.1\\010-all", ""},
    {IP1, "slow.example", "temperror", "TXT slow.example: no answer came in time", ""},
    {IP1, "broken.example", "temperror", "TXT broken.example: the name servers failed", ""},

    {"192.0.2.1", "a.example", "", "", "pass", "a", ""},
    {"192.0.2.1", "A.EXAMPLE.", "", "", "pass", "a", ""},
    {"192.0.2.1", "null.example", "", "", "pass", "exists:%{s}.x.example", ""},
    {"192.0.2.1", "", "", "", "none", "HELO name", ""},
    {"192.0.2.1", "localhost", "", "", "none", "HELO name", ""},
    {"192.0.2.1", "[192.0.2.1]", "", "", "none", "HELO name", ""},
    {"192.0.2.1", "192.0.2.1", "", "", "none", "HELO name", ""},
    {"192.0.2.1", "JUMPIN' JUPITER.example", "", "", "none", "HELO name", ""},
    {"192.0.2.1", "h.example", "", "explocal.example", "fail", "-all", "you are postmaster"},
    {"192.0.2.1", "h.example", "user", "", "none", "sender's domain", ""},
    {IP1, "[192.0.2.1]", "none", "sender's domain", ""},
    {IP1, "a..example", "none", "sender's domain", ""},
    {IP1, ".example", "none", "sender's domain", ""},
    {IP1, "example", "none", "sender's domain", ""},
    {IP1, "a.0123456789012345678901234567890123456789012345678901234567890123.example", "none", "sender's domain", ""},
    {IP1, "a.012345678901234567890123456789012345678901234567890123456789012.example", "none", "no SPF record", ""},
    {IP1, "a b.example", "none", "sender's domain", ""},
    {IP1, "b\xc3\xbc" "cher.example", "pass", "exists:%{o}.idn.example", ""},
    {IP1, "xn--bcher-kva.example", "pass", "exists:%{o}.idn.example", ""},
    {IP1, "b\xfc" "cher.example", "none", "sender's domain", ""},
    {"192.0.2.1", "h.example", "j\xc3\xb6rg", "eai.example", "softfail", "~all", ""},
    {"192.0.2.1", "h.example", "j\xc3\xb6rg", "eairedirect.example", "neutral", "default", ""},
    {"192.0.2.1", "h.example", "j\xc3\xb6rg", "explocal.example", "fail", "-all", ""},
    {"", "h.example", "user", "a.example", "none", "no IP address", ""},

    {IP1, "include.example", "pass", "include:ip.example", ""},
    {"198.51.100.1", "h.example", "user", "include.example", "fail", "-all", ""},
    {IP1, "include2.example", "neutral", "?all", ""},
    {IP1, "includenone.example", "permerror", "without an SPF record", ""},
    {IP1, "includeslow.example", "temperror", "TXT slow.example", ""},
    {IP1, "includebad.example", "permerror", "late.example: \"moo\"", ""},
    {IP1, "includeodd.example", "permerror", "without an SPF record", ""},
    {IP1, "current.example", "pass", "include:%{d2}.sub.example", ""},
    {IP1, "redirect.example", "pass", "a", ""},
    {"192.0.2.77", "h.example", "user", "redirect.example", "fail", "-all", ""},
    {"192.0.2.9", "h.example", "user", "redirect.example", "pass", "ip4:192.0.2.9", ""},
    {IP1, "redirectall.example", "softfail", "~all", ""},
    {IP1, "redirectnone.example", "permerror", "no SPF record", ""},
    {IP1, "redirectgone.example", "permerror", "no SPF record", ""},
    {IP1, "loop.example", "permerror", "10 allowed", ""},
    {IP1, "rloop.example", "permerror", "10 allowed", ""},

    {IP1, "aslow.example", "temperror", "A slow.example", ""},
    {IP1, "mxslow.example", "temperror", "A slow.example", ""},
    {IP1, "existsslow.example", "temperror", "A broken.example: the name servers failed", ""},
    {IP1, "early.example", "pass", "ip4:192.0.2.1", ""},
    {"192.0.2.2", "h.example", "user", "early.example", "temperror", "A slow.example", ""},
    {"192.0.2.1", "a..b", "user", "label.example", "softfail", "~all", ""},

    {"192.0.2.1", "h.example", "a&b", "exp.example", "fail", "-all",
     "192.0.2.1 (192.0.2.1) is no exp.example host; see http://x.example/?s=a%26b%40exp.example&r=mx.receiver.example"
     "&t=1787270400."},
    {"2001:db8::1", "h.example", "u", "exp.example", "fail", "-all",
     "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1 (2001:db8::1) is no exp.example host; see "
     "http://x.example/?s=u%40exp.example&r=mx.receiver.example&t=1787270400."},
    {IP1, "exptwo.example", "fail", "-all", ""},
    {IP1, "expslow.example", "fail", "-all", ""},
    {IP1, "expbad.example", "fail", "-all", ""},
    {IP1, "expbytes.example", "fail", "-all", ""},
    {"192.0.2.1", "h.example", "a\r\nb", "explocal.example", "fail", "-all", ""},
    {IP1, "expinclude.example", "fail", "-all", ""},
    {"192.0.2.1", "h.example", "a", "expredirect.example", "fail", "-all",
     "192.0.2.1 (192.0.2.1) is no exp.example host; see http://x.example/?s=a%40expredirect.example"
     "&r=mx.receiver.example&t=1787270400."},
    {IP1, "expdot.example", "fail", "-all", "you are user"},

    {IP1, "d2.sub.macro.example", "pass", "exists:%{d2}.right.example", ""},
    {IP1, "pname.example", "pass", "exists:%{p}.p.example", ""},
    {"192.0.2.2", "h.example", "user", "pname.example", "pass", "exists:%{p}.p.example", ""},
    {IP1, "expp.example", "fail", "-all", "from Host.PTR.example"},
    {"192.0.2.2", "h.example", "user", "expp.example", "fail", "-all", "from unknown"},
    {"192.0.2.3", "h.example", "user", "expp.example", "fail", "-all", "from xptr.example"},
    {"192.0.2.99", "h.example", "user", "expp.example", "fail", "-all", "from unknown"},
    {"192.0.2.4", "h.example", "user", "prank.example", "fail", "-all", "from prank.example"},
    {"192.0.2.4", "h.example", "user", "sub.prank.example", "fail", "-all", "from sub.prank.example"},
    {"192.0.2.4", "h.example", "user", "expp.example", "fail", "-all", "from other.example"},

    {IP1, "void2.example", "pass", "ip4:192.0.2.1", ""},
    {IP1, "void3.example", "permerror", "2 void lookups allowed", ""},
    {IP1, "voidmx.example", "pass", "ip4:192.0.2.1", ""},
    {IP1, "voidexp.example", "fail", "-all", ""},
};

struct world {
    struct bs_arena arena; /* canned answers and those that are known */
    struct bs_arena run;
    struct bs_canned canned;
    struct bs_answers known;
    struct bs_questions missing;
    int rounds;
    size_t asked;
};

static void begin(struct world *world, struct bs_bytes text)
{
    struct bs_error error;
    *world = (struct world){.rounds = 0};
    bs_arena_init(&world->arena, BS_CANNED_MEMORY_MAX);
    bs_arena_init(&world->run, BS_SPF_MEMORY_MAX);
    bs_answers_init(&world->known, &world->arena);
    if (!bs_canned_parse(text, "zone", &world->arena, &world->canned, &error))
        fail_msg("%s", error.text);
}

static void forget_answers(struct world *world)
{
    bs_answers_init(&world->known, &world->arena);
    world->rounds = 0;
    world->asked = 0;
}

static void end(struct world *world)
{
    bs_arena_reset(&world->run);
    bs_arena_reset(&world->arena);
}

static void answer_questions(struct world *world)
{
    assert_true(world->missing.count > 0);
    for (size_t i = 0; i < world->missing.count; i++) {
        const struct bs_question *question = &world->missing.items[i];
        struct bs_dns_answer answer = bs_canned_answer(&world->canned, question->name, question->type);
        assert_true(bs_answers_add(&world->known, question->name, question->type, &answer));
        world->asked++;
    }
}

static struct bs_spf_result check(struct world *world, const struct bs_spf_facts *facts)
{
    struct bs_spf_result result;
    enum bs_step step;
    for (;;) {
        bs_arena_reset(&world->run);
        step = bs_spf_check(facts, &world->known, &world->run, &result, &world->missing);
        if (step != BS_ASK)
            break;
        assert_true(++world->rounds < 40);
        answer_questions(world);
    }
    assert_int_equal(step, BS_DONE);
    return result;
}

static struct bs_spf_facts facts_of(const char *ip, const char *helo, const char *local, const char *domain)
{
    struct bs_spf_facts facts = {
        .helo = bs_bytes_from_cstr(helo),
        .local = bs_bytes_from_cstr(local),
        .domain = bs_bytes_from_cstr(domain),
        .receiver = BS_LITERAL("mx.receiver.example"),
        .now = 1787270400,
        .want_explanation = true,
    };
    assert_int_equal(bs_ip_parse(bs_bytes_from_cstr(ip), &facts.ip), ip[0] != '\0');
    return facts;
}

static bool is_as_expected(const struct check_case *c, const struct bs_spf_result *result)
{
    bool because = result->problem ? strstr(result->problem, c->because) != NULL
                                   : bs_bytes_equal(result->mechanism, bs_bytes_from_cstr(c->because));
    return strcmp(bs_spf_status_name(result->status), c->status) == 0 && because &&
           bs_bytes_equal(result->explanation, bs_bytes_from_cstr(c->explanation));
}

static void each_client_and_sender_gets_the_result_of_the_rfc(void **state)
{
    struct world world;
    (void)state;
    begin(&world, bs_bytes_from_cstr(zone));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct check_case *c = &cases[i];
        struct bs_spf_facts facts = facts_of(c->ip, c->helo, c->local, c->domain);
        for (int trace = 0; trace < 2; trace++) {
            forget_answers(&world);
            facts.want_trace = trace;
            struct bs_spf_result result = check(&world, &facts);
            if (!is_as_expected(c, &result))
                fail_msg("%s %s %s@%s: %s (%.*s) %s \"%.*s\"", c->ip, c->helo, c->local, c->domain,
                         bs_spf_status_name(result.status), BS_BYTES_ARG(result.mechanism),
                         result.problem ? result.problem : "", BS_BYTES_ARG(result.explanation));
        }
    }
    end(&world);
}

/* A record in the zone's syntax, "NAME TXT \"v=spf1" + count times the term + " -all\"". */
static void append_repeated(struct bs_strbuf *text, const char *name, const char *term, int count)
{
    bs_strbuf_printf(text, "%s" TXT "\"v=spf1", name);
    for (int i = 0; i < count; i++)
        bs_strbuf_printf(text, " %s", term);
    bs_strbuf_append_cstr(text, " ip4:192.0.2.1 -all\"\n");
}

static enum bs_spf_status status_of(struct bs_strbuf *text, const char *ip, const char *domain)
{
    struct world world;
    assert_false(text->failed);
    begin(&world, bs_strbuf_bytes(text));
    struct bs_spf_facts facts = facts_of(ip, "h.example", "user", domain);
    struct bs_spf_result result = check(&world, &facts);
    assert_true(result.lookups <= BS_SPF_LOOKUPS_MAX);
    end(&world);
    return result.status;
}

static void ten_terms_may_ask_and_one_more_is_a_permerror(void **state)
{
    static const char *const terms[] = {"a:x.example", "mx:x.example", "ptr:x.example", "exists:x.example",
                                        "include:inc.example"};
    (void)state;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 1 << 16);
        bs_strbuf_append_cstr(&text, "x.example. 300 IN A 192.0.2.77\nx.example. 300 IN MX 10 x.example.\n"
                                     "1.2.0.192.in-addr.arpa. 300 IN PTR y.example.\n"
                                     "inc.example. 300 IN TXT \"v=spf1 -all\"\n");
        append_repeated(&text, "at.example.", terms[i], BS_SPF_LOOKUPS_MAX);
        append_repeated(&text, "past.example.", terms[i], BS_SPF_LOOKUPS_MAX + 1);
        bool matches = strncmp(terms[i], "exists", 6) == 0;
        assert_int_equal(status_of(&text, "192.0.2.1", "at.example"), BS_SPF_PASS);
        assert_int_equal(status_of(&text, "192.0.2.1", "past.example"), matches ? BS_SPF_PASS : BS_SPF_PERMERROR);
        bs_strbuf_free(&text);
    }
}

/* A chain of `count` records, each of which points to the next. */
static enum bs_spf_status status_of_chain(const char *pointer, int count)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 1 << 16);
    for (int i = 0; i < count; i++)
        bs_strbuf_printf(&text, "c%d.example." TXT "\"v=spf1 %sc%d.example\"\n", i, pointer, i + 1);
    bs_strbuf_printf(&text, "c%d.example." TXT "\"v=spf1 ip4:192.0.2.1 -all\"\n", count);
    enum bs_spf_status status = status_of(&text, "192.0.2.1", "c0.example");
    bs_strbuf_free(&text);
    return status;
}

static void includes_and_redirects_share_the_limit_of_ten(void **state)
{
    (void)state;
    assert_int_equal(status_of_chain("include:", BS_SPF_LOOKUPS_MAX), BS_SPF_PASS);
    assert_int_equal(status_of_chain("include:", BS_SPF_LOOKUPS_MAX + 1), BS_SPF_PERMERROR);
    assert_int_equal(status_of_chain("redirect=", BS_SPF_LOOKUPS_MAX), BS_SPF_PASS);
    assert_int_equal(status_of_chain("redirect=", BS_SPF_LOOKUPS_MAX + 1), BS_SPF_PERMERROR);
}

/* The status where the client's host is the last of `count` in an MX or PTR answer. */
static enum bs_spf_status status_of_last(const char *term, const char *owner, const char *type, int count)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 1 << 16);
    bs_strbuf_printf(&text, "many.example." TXT "\"v=spf1 %s ?all\"\n", term);
    for (int i = 1; i <= count; i++) {
        bs_strbuf_printf(&text, "%s 300 IN %s h%d.many.example.\n", owner, type, i);
        bs_strbuf_printf(&text, "h%d.many.example. 300 IN A 192.0.2.%d\n", i, i == count ? 1 : 100 + i);
    }
    enum bs_spf_status status = status_of(&text, "192.0.2.1", "many.example");
    bs_strbuf_free(&text);
    return status;
}

static void ten_names_of_an_answer_are_judged_and_an_eleventh_mx_is_a_permerror(void **state)
{
    static const char reverse[] = "1.2.0.192.in-addr.arpa.";
    (void)state;
    assert_int_equal(status_of_last("mx", "many.example.", "MX 10", BS_SPF_MX_MAX), BS_SPF_PASS);
    assert_int_equal(status_of_last("mx", "many.example.", "MX 10", BS_SPF_MX_MAX + 1), BS_SPF_PERMERROR);
    assert_int_equal(status_of_last("ptr", reverse, "PTR", BS_SPF_PTR_MAX), BS_SPF_PASS);
    assert_int_equal(status_of_last("ptr", reverse, "PTR", BS_SPF_PTR_MAX + 1), BS_SPF_NEUTRAL);
    assert_int_equal(status_of_last("exists:%{p}", reverse, "PTR", BS_SPF_PTR_MAX), BS_SPF_PASS);
    assert_int_equal(status_of_last("exists:%{p}", reverse, "PTR", BS_SPF_PTR_MAX + 1), BS_SPF_NEUTRAL);
}

static void a_records_every_address_counts_however_many_there_are(void **state)
{
    struct bs_strbuf text;
    (void)state;
    bs_strbuf_init(&text, 1 << 16);
    bs_strbuf_append_cstr(&text, "a.example." TXT "\"v=spf1 a -all\"\n");
    for (int i = BS_DNS_RECORDS_MAX - 1; i >= 0; i--)
        bs_strbuf_printf(&text, "a.example. 300 IN A 192.0.2.%d\n", i);
    assert_int_equal(status_of(&text, "192.0.2.1", "a.example"), BS_SPF_PASS);
    bs_strbuf_free(&text);
}

/* The status where the included record has `size` bytes, and the including one the rest of the limit and `more`. */
static enum bs_spf_status status_of_sizes(int size, int more)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 1 << 20);
    bs_strbuf_printf(&text, "i.example." TXT "\"v=spf1 ip4:192.0.2.1 x=%0*d\"\n", size - 23, 0);
    bs_strbuf_printf(&text, "o.example." TXT "\"v=spf1 include:i.example x=%0*d\"\n",
                     BS_SPF_RECORDS_SIZE_MAX - size - 27 + more, 0);
    enum bs_spf_status status = status_of(&text, "192.0.2.1", "o.example");
    bs_strbuf_free(&text);
    return status;
}

static void records_may_have_64_kib_together(void **state)
{
    (void)state;
    assert_int_equal(status_of_sizes(30000, 0), BS_SPF_PASS);
    assert_int_equal(status_of_sizes(30000, 1), BS_SPF_PERMERROR);
}

static void records_may_have_4096_terms_together(void **state)
{
    struct bs_strbuf text;
    (void)state;
    bs_strbuf_init(&text, 1 << 20);
    append_repeated(&text, "i.example.", "x=", 1000 - 2);
    append_repeated(&text, "at.example.", "x=", BS_SPF_TERMS_MAX - 2);
    append_repeated(&text, "past.example.", "x=", BS_SPF_TERMS_MAX - 1);
    append_repeated(&text, "j.example.", "x=", 1001 - 2);
    append_repeated(&text, "oat.example.", "-include:i.example x=", (BS_SPF_TERMS_MAX - 1000 - 2) / 2);
    append_repeated(&text, "opast.example.", "-include:j.example x=", (BS_SPF_TERMS_MAX - 1000 - 2) / 2);
    assert_int_equal(status_of(&text, "192.0.2.1", "at.example"), BS_SPF_PASS);
    assert_int_equal(status_of(&text, "192.0.2.1", "past.example"), BS_SPF_PERMERROR);
    assert_int_equal(status_of(&text, "192.0.2.1", "oat.example"), BS_SPF_FAIL);
    assert_int_equal(status_of(&text, "192.0.2.1", "opast.example"), BS_SPF_PERMERROR);
    bs_strbuf_free(&text);
}

/* The status where a domain-spec expands to `size` bytes. */
static enum bs_spf_status status_of_expansion(size_t size)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 1 << 20);
    bs_strbuf_append_cstr(&text, "e.example." TXT "\"v=spf1 a:");
    for (size_t i = 0; i < size - strlen(".example.x"); i++)
        bs_strbuf_append_cstr(&text, "%%");
    bs_strbuf_append_cstr(&text, ".%{d1}.x ~all\"\n");
    enum bs_spf_status status = status_of(&text, "192.0.2.1", "e.example");
    bs_strbuf_free(&text);
    return status;
}

static void a_domain_spec_that_expands_beyond_its_limit_is_a_permerror(void **state)
{
    (void)state;
    assert_int_equal(status_of_expansion(BS_SPF_EXPANSION_MAX), BS_SPF_SOFTFAIL);
    assert_int_equal(status_of_expansion(BS_SPF_EXPANSION_MAX + 1), BS_SPF_PERMERROR);
}

static void a_name_that_is_too_long_loses_labels_on_its_left(void **state)
{
    struct bs_strbuf text;
    (void)state;
    bs_strbuf_init(&text, 1 << 16);
    /* gone., 27 names of 10 bytes and list.of.ex are too long; 24 and the end are 250 bytes */
    bs_strbuf_append_cstr(&text, "t.example." TXT "\"v=spf1 exists:gone.");
    for (int i = 0; i < 27; i++)
        bs_strbuf_append_cstr(&text, "%{o}.");
    bs_strbuf_append_cstr(&text, "list.of.ex -all\"\n");
    for (int i = 0; i < 24; i++)
        bs_strbuf_append_cstr(&text, "t.example.");
    bs_strbuf_append_cstr(&text, "list.of.ex. 300 IN A 127.0.0.2\n");
    assert_int_equal(status_of(&text, "192.0.2.1", "t.example"), BS_SPF_PASS);
    bs_strbuf_free(&text);
}

static void an_explanation_has_1024_bytes_at_most(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct bs_strbuf text;
        struct world world;
        bs_strbuf_init(&text, 1 << 16);
        bs_strbuf_append_cstr(&text, "e.example." TXT "\"v=spf1 -all exp=x.example\"\n");
        bs_strbuf_printf(&text, "x.example." TXT "\"%%{l}%0*d\"\n", BS_SPF_EXPLANATION_MAX - 4 + more, 0);
        begin(&world, bs_strbuf_bytes(&text));
        struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", "e.example");
        struct bs_spf_result result = check(&world, &facts);
        assert_int_equal(result.status, BS_SPF_FAIL);
        assert_int_equal(result.explanation.len, more ? 0 : BS_SPF_EXPLANATION_MAX);
        end(&world);
        bs_strbuf_free(&text);
    }
}

static void a_senders_address_has_1024_bytes_at_most(void **state)
{
    static char local[BS_SPF_SENDER_MAX + 1];
    struct world world;
    (void)state;
    memset(local, 'x', sizeof local - 1);
    begin(&world, bs_bytes_from_cstr(zone));
    struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", local, "a.example");
    facts.local.len = BS_SPF_SENDER_MAX - facts.domain.len;
    assert_int_equal(check(&world, &facts).status, BS_SPF_PASS);
    facts.local.len++;
    assert_int_equal(check(&world, &facts).status, BS_SPF_NONE);
    end(&world);
}

static void all_that_can_be_foreseen_is_asked_in_one_round(void **state)
{
    static const char text[] = "o.example." TXT "\"v=spf1 a:x.example mx exists:y.example include:i.example "
                               "redirect=r.example\"\n"
                               "x.example. 300 IN A 192.0.2.9\n"
                               "i.example." TXT "\"v=spf1 a:z.example -all\"\n"
                               "r.example." TXT "\"v=spf1 ip4:192.0.2.1 a:never.example -all\"\n"
                               "o.example. 300 IN MX 10 m1.example.\n"
                               "o.example. 300 IN MX 10 m2.example.\n"
                               "m1.example. 300 IN A 192.0.2.7\n"
                               "m2.example. 300 IN A 192.0.2.8\n"
                               "z.example. 300 IN A 192.0.2.6\n";
    struct world world;
    (void)state;
    begin(&world, bs_bytes_from_cstr(text));
    struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", "o.example");
    assert_int_equal(check(&world, &facts).status, BS_SPF_PASS);
    assert_int_equal(world.rounds, 3); /* the record; its 5 targets; MX hosts and what the targets' records name */
    assert_int_equal(world.asked, 1 + 5 + 3);
    end(&world);
}

static void terms_that_cannot_be_reached_ask_nothing(void **state)
{
    static const char text[] =
        "all.example." TXT "\"v=spf1 a:x.example ?all a:never.example redirect=never.example\"\n"
        "ip.example." TXT "\"v=spf1 a:x.example ip4:192.0.2.1 a:never.example\"\n"
        "limit.example." TXT "\"v=spf1 a:1.example a:2.example a:3.example a:4.example a:5.example a:6.example "
        "a:7.example a:8.example a:9.example a:10.example a:11.example a:12.example\"\n";
    static const struct {
        const char *domain;
        size_t asked;
    } expected[] = {{"all.example", 2}, {"ip.example", 2}, {"limit.example", 1 + BS_SPF_LOOKUPS_MAX}};
    struct world world;
    (void)state;
    begin(&world, bs_bytes_from_cstr(text));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", expected[i].domain);
        forget_answers(&world);
        check(&world, &facts);
        assert_int_equal(world.asked, expected[i].asked);
    }
    end(&world);
}

static void an_explanation_is_asked_for_only_where_it_is_wanted(void **state)
{
    struct world world;
    (void)state;
    begin(&world, bs_bytes_from_cstr(zone));
    struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", "exp.example");
    facts.want_explanation = false;
    struct bs_spf_result result = check(&world, &facts);
    assert_int_equal(world.asked, 1);
    assert_int_equal(result.explanation.len, 0);
    end(&world);
}

static void a_trace_names_records_queries_terms_and_rules(void **state)
{
    static const char *const expected[] = {
        "0 TXT include.example: 1 found (query)",
        "0 v=spf1 include:ip.example -all: the record (RFC 7208 section 4.5)",
        "1 TXT ip.example: 1 found (query)",
        "1 v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all: the record (RFC 7208 section 4.5)",
        "1 ip4:192.0.2.0/24: does not match (RFC 7208 section 5.6)",
        "1 ip6:2001:db8::/32: does not match (RFC 7208 section 5.6)",
        "1 -all: matches: fail (RFC 7208 section 5.1)",
        "0 include:ip.example: does not match (RFC 7208 section 5.2)",
        "0 -all: matches: fail (RFC 7208 section 5.1)",
    };
    struct world world;
    size_t count = 0;
    (void)state;
    begin(&world, bs_bytes_from_cstr(zone));
    struct bs_spf_facts facts = facts_of("198.51.100.1", "h.example", "user", "include.example");
    facts.want_trace = true;
    struct bs_spf_result result = check(&world, &facts);
    for (const struct bs_spf_step *step = result.steps; step; step = step->next, count++) {
        char text[512];
        snprintf(text, sizeof text, "%u %s: %s (%s)", step->depth, step->subject, step->outcome, step->rule);
        assert_true(count < sizeof expected / sizeof *expected);
        assert_string_equal(text, expected[count]);
    }
    assert_int_equal(count, sizeof expected / sizeof *expected);
    facts.want_trace = false;
    assert_null(check(&world, &facts).steps);
    end(&world);
}

static void a_trace_has_1000_steps_at_most(void **state)
{
    struct bs_strbuf text;
    struct world world;
    size_t count = 0;
    (void)state;
    bs_strbuf_init(&text, 1 << 20);
    append_repeated(&text, "long.example.", "ip4:192.0.2.9", 4000);
    begin(&world, bs_strbuf_bytes(&text));
    struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", "long.example");
    facts.want_trace = true;
    struct bs_spf_result result = check(&world, &facts);
    assert_int_equal(result.status, BS_SPF_PASS);
    for (const struct bs_spf_step *step = result.steps; step; step = step->next)
        count++;
    assert_int_equal(count, BS_SPF_STEPS_MAX);
    end(&world);
    bs_strbuf_free(&text);
}

static void an_arena_that_is_too_small_is_an_error_and_no_result(void **state)
{
    struct world world;
    struct bs_spf_result result;
    int errors = 0;
    (void)state;
    begin(&world, bs_bytes_from_cstr(zone));
    for (size_t limit = 0;; limit += 16) {
        struct bs_spf_facts facts = facts_of("192.0.2.1", "h.example", "user", "exp.example");
        facts.want_trace = true;
        check(&world, &facts);
        bs_arena_reset(&world.run);
        bs_arena_init(&world.run, limit);
        enum bs_step step = bs_spf_check(&facts, &world.known, &world.run, &result, &world.missing);
        bs_arena_reset(&world.run);
        bs_arena_init(&world.run, BS_SPF_MEMORY_MAX);
        if (step == BS_DONE)
            break;
        assert_int_equal(step, BS_ERROR);
        errors++;
    }
    assert_true(errors > 10);
    assert_int_equal(result.status, BS_SPF_FAIL);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_client_and_sender_gets_the_result_of_the_rfc),
        cmocka_unit_test(ten_terms_may_ask_and_one_more_is_a_permerror),
        cmocka_unit_test(includes_and_redirects_share_the_limit_of_ten),
        cmocka_unit_test(ten_names_of_an_answer_are_judged_and_an_eleventh_mx_is_a_permerror),
        cmocka_unit_test(a_records_every_address_counts_however_many_there_are),
        cmocka_unit_test(records_may_have_64_kib_together),
        cmocka_unit_test(records_may_have_4096_terms_together),
        cmocka_unit_test(a_domain_spec_that_expands_beyond_its_limit_is_a_permerror),
        cmocka_unit_test(a_name_that_is_too_long_loses_labels_on_its_left),
        cmocka_unit_test(an_explanation_has_1024_bytes_at_most),
        cmocka_unit_test(a_senders_address_has_1024_bytes_at_most),
        cmocka_unit_test(all_that_can_be_foreseen_is_asked_in_one_round),
        cmocka_unit_test(terms_that_cannot_be_reached_ask_nothing),
        cmocka_unit_test(an_explanation_is_asked_for_only_where_it_is_wanted),
        cmocka_unit_test(a_trace_names_records_queries_terms_and_rules),
        cmocka_unit_test(a_trace_has_1000_steps_at_most),
        cmocka_unit_test(an_arena_that_is_too_small_is_an_error_and_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
