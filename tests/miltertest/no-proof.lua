-- a bounce of a message that is not ours is refused at the end of data with a code and a text
-- log: decision=refuse reason=bounce-not-ours queue-id=PROOF1 client=192.0.2.1 from=<> to=<alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "PROOF1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.data(c), SMFIR_CONTINUE)
expect(c, mt.header(c, "From", "MAILER-DAEMON@elsewhere.example"), SMFIR_CONTINUE)
expect(c, mt.header(c, "Subject", "failure notice"), SMFIR_CONTINUE)
expect(c, mt.eoh(c), SMFIR_CONTINUE)
expect(c, mt.bodystring(c, "Hi. This is the qmail-send program at elsewhere.example.\r\n" ..
    "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n" ..
    "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n" ..
    "<nobody@elsewhere.example>:\r\nThis address no longer accepts mail.\r\n\r\n" ..
    "--- Below this line is a copy of the message.\r\n\r\n" ..
    "Return-Path: <alice@example.com>\r\n" ..
    "Received: from spam.example by elsewhere.example; Fri, 21 Aug 2026 10:00:00 +0000\r\n" ..
    "From: alice@example.com\r\nMessage-ID: <1@spam.example>\r\n\r\nbuy now\r\n"), SMFIR_CONTINUE)
expect(c, mt.eom(c), SMFIR_REPLYCODE)
mt.disconnect(c)
