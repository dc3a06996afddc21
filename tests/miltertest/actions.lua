-- the filter asks for the rights that it needs, and for no other; without them there is no session
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
for _, action in ipairs({SMFIF_CHGFROM, SMFIF_ADDHDRS, SMFIF_CHGHDRS, SMFIF_QUARANTINE}) do
    check(mt.test_action(c, action), "it does not ask for a right that it needs")
end
for _, action in ipairs({SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT}) do
    check(not mt.test_action(c, action), "it asks for a right that it does not need")
end
mt.disconnect(c)
c = mt.connect(SOCKET)
check(mt.negotiate(c, 6, 0x1fffff, 0x3f) ~= nil, "an MTA without change of sender was accepted")
