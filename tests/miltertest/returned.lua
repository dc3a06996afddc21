-- a tag in the returned message proves a bounce, also where it is cut by the end of a body chunk
-- log: decision=pass reason=returned-tag queue-id=RETURN1 client=192.0.2.1 from=<> to=<alice@example.com>
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
mt.macro(c, SMFIC_MAIL, "i", "RETURN1")
expect(c, mt.mailfrom(c, "<>"), SMFIR_CONTINUE)
expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
expect(c, mt.header(c, "From", "MAILER-DAEMON@elsewhere.example"), SMFIR_CONTINUE)
local body = "Hi. This is the qmail-send program.\r\n--- Below this line is a copy\r\n\r\n" ..
             "Return-Path: <" .. TAGGED .. ">\r\n"
for i = 1, #body do
    check(mt.bodystring(c, body:sub(i, i)) == nil, "no answer to a body chunk")
    if mt.getreply(c) == SMFIR_SKIP then
        break
    end
    check(mt.getreply(c) == SMFIR_CONTINUE, "a body chunk was not taken")
end
check(mt.getreply(c) == SMFIR_SKIP, "the rest of the body was still wanted")
expect(c, mt.eom(c), SMFIR_ACCEPT)
mt.disconnect(c)
