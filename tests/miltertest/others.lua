-- mail that the gate has nothing to do with is let go at MAIL: a stranger's, and of a domain that is not ours
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
expect(c, mt.mailfrom(c, "<friend@other.example>"), SMFIR_ACCEPT)
mt.disconnect(c)
c = client("127.0.0.1")
expect(c, mt.mailfrom(c, "<friend@other.example>"), SMFIR_ACCEPT)
mt.disconnect(c)
