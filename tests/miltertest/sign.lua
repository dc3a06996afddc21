-- mail of a client that logged in is tagged at the end of data and gets a token, and nothing else of it is changed
-- log: decision=sign reason=signed queue-id=SIGN1 client=192.0.2.1 from=<alice@example.com> signed=<TAGGED>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "SIGN1", "{auth_authen}", "alice", "{auth_type}", "PLAIN")
expect(c, mt.mailfrom(c, "<alice@example.com>", "SIZE=1000", "BODY=8BITMIME"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<friend@elsewhere.example>", "NOTIFY=FAILURE"), SMFIR_CONTINUE)
expect(c, mt.data(c), SMFIR_CONTINUE)
expect(c, mt.header(c, "From", "alice@example.com"), SMFIR_CONTINUE)
expect(c, mt.header(c, "Subject", "hello"), SMFIR_CONTINUE)
expect(c, mt.bodystring(c, "Hello.\r\n"), SMFIR_SKIP)
expect(c, mt.eom(c), SMFIR_ACCEPT)
check(mt.eom_check(c, MT_HDRINSERT, "Backstop-Token"), "there is no token")
for _, change in ipairs({MT_HDRADD, MT_HDRCHANGE, MT_HDRDELETE, MT_BODYCHANGE, MT_QUARANTINE}) do
    check(not mt.eom_check(c, change), "the message was changed")
end
mt.disconnect(c)
