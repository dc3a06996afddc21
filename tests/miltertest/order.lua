-- a command out of order ends the session
-- log: milter session with 127.0.0.1
dofile(HERE .. "/expect.lua")
local c = mt.connect(SOCKET)
check(mt.negotiate(c, 6, nil, nil) == nil, "no negotiation")
check(mt.negotiate(c, 6, nil, nil) ~= nil, "a second negotiation was accepted")
