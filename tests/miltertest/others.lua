-- ordinary mail is let go at the end of its header: a stranger's, and of a domain that is not ours
dofile(HERE .. "/expect.lua")
local function ordinary(c)
    expect(c, mt.mailfrom(c, "<friend@other.example>"), SMFIR_CONTINUE)
    expect(c, mt.rcptto(c, "<alice@example.com>"), SMFIR_CONTINUE)
    expect(c, mt.header(c, "From", "friend@other.example"), SMFIR_CONTINUE)
    expect(c, mt.eoh(c), SMFIR_ACCEPT)
end
local c = client("192.0.2.1")
ordinary(c)
mt.disconnect(c)
c = client("127.0.0.1")
ordinary(c)
mt.disconnect(c)
