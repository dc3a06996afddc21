-- MTAs that offer any protocol version from 2 to 6, with all or none of the optional steps, are served
dofile(HERE .. "/expect.lua")
for version = 2, 6 do
    for _, steps in ipairs({0, 0x7f, 0x1fffff}) do
        local c = mt.connect(SOCKET)
        check(c, "no connection")
        local failure = mt.negotiate(c, version, steps, 0x1ff) -- steps come first, whatever its manual says
        check(failure == nil, "version " .. version .. " was turned down: " .. tostring(failure))
        check(mt.conninfo(c, "client.example", "192.0.2.1") == nil, "CONNECT failed")
        check(mt.mailfrom(c, "<>") == nil, "MAIL failed")
        expect(c, mt.rcptto(c, "<" .. FORGED .. ">"), SMFIR_REPLYCODE)
        mt.disconnect(c)
    end
end
