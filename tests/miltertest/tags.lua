-- forged, expired and unknown tags are refused at RCPT with a code and a text; a valid one and a foreign one are not
-- log: decision=refuse reason=tag-forged queue-id=TAGS1 client=192.0.2.1 from=<> to=<FORGED>
-- log: decision=refuse reason=tag-expired queue-id=TAGS1 client=192.0.2.1 from=<> to=<EXPIRED> days-left=-3
-- log: decision=refuse reason=tag-unknown-key queue-id=TAGS1 client=192.0.2.1 from=<> to=<UNKNOWN>
-- log: decision=pass reason=tag-valid queue-id=TAGS1 client=192.0.2.1 from=<> to=<TAGGED> days-left=7
-- log: decision=pass reason=tag-foreign queue-id=TAGS1 client=192.0.2.1 from=<> to=<btv1==0123456789==alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "TAGS1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
for _, address in ipairs({FORGED, EXPIRED, UNKNOWN}) do
    mt.macro(c, SMFIC_RCPT, "i", "TAGS1")
    expect(c, mt.rcptto(c, "<" .. address .. ">"), SMFIR_REPLYCODE)
end
mt.macro(c, SMFIC_RCPT, "i", "TAGS1")
expect(c, mt.rcptto(c, "<" .. TAGGED .. ">"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<btv1==0123456789==alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.data(c), SMFIR_CONTINUE)
expect(c, mt.header(c, "Subject", "failure notice"), SMFIR_CONTINUE)
expect(c, mt.bodystring(c, "Hi. This is the qmail-send program.\r\n"), SMFIR_CONTINUE)
expect(c, mt.eom(c), SMFIR_ACCEPT)
mt.disconnect(c)
