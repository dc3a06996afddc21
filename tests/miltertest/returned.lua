-- a tag in the returned message proves a bounce, however it is cut into body chunks
-- log: decision=pass reason=bounce-proven queue-id=RETURN1 client=192.0.2.1 from=<> to=<alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "RETURN1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.header(c, "From", "MAILER-DAEMON@elsewhere.example"), SMFIR_CONTINUE)
local body = "Hi. This is the qmail-send program at elsewhere.example.\r\n" ..
             "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n" ..
             "<nobody@elsewhere.example>:\r\nno such user\r\n\r\n" ..
             "--- Below this line is a copy of the message.\r\n\r\n" ..
             "Return-Path: <" .. TAGGED .. ">\r\nReceived: from a by b; Fri, 21 Aug 2026 10:00:00 +0000\r\n" ..
             "From: alice@example.com\r\n\r\nhello\r\n"
for i = 1, #body do
    check(mt.bodystring(c, body:sub(i, i)) == nil, "no answer to a body chunk")
    check(mt.getreply(c) == SMFIR_CONTINUE, "a body chunk was not taken")
end
expect(c, mt.eom(c), SMFIR_ACCEPT)
mt.disconnect(c)
