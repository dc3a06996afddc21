-- a bounce without a tag is refused at the end of data with a code and a text
-- log: decision=refuse reason=no-proof queue-id=PROOF1 client=192.0.2.1 from=<> to=<alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "PROOF1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.data(c), SMFIR_CONTINUE)
expect(c, mt.header(c, "From", "MAILER-DAEMON@elsewhere.example"), SMFIR_CONTINUE)
expect(c, mt.header(c, "Subject", "failure notice"), SMFIR_CONTINUE)
expect(c, mt.bodystring(c, "Hi. This is the qmail-send program.\r\n"), SMFIR_CONTINUE)
expect(c, mt.eom(c), SMFIR_REPLYCODE)
mt.disconnect(c)
