-- a read receipt to an untagged address is let through
-- log: decision=pass reason=mdn queue-id=MDN1 client=192.0.2.1 from=<> to=<alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "MDN1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.header(c, "Content-Type", "multipart/report;\n\treport-type=disposition-notification; boundary=x"),
       SMFIR_CONTINUE)
expect(c, mt.bodystring(c, "--x\r\n\r\nread\r\n--x\r\n" ..
    "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; friend@elsewhere.example\r\n" ..
    "Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--x--\r\n"), SMFIR_CONTINUE)
expect(c, mt.eom(c), SMFIR_ACCEPT)
mt.disconnect(c)
