-- the filter asks for the right to change the sender and for no other; without that right there is no session
dofile(HERE .. "/expect.lua")
local c = client("192.0.2.1")
check(mt.test_action(c, SMFIF_CHGFROM), "it may not change the sender")
for _, action in ipairs({SMFIF_ADDHDRS, SMFIF_CHGBODY, SMFIF_ADDRCPT, SMFIF_DELRCPT, SMFIF_CHGHDRS,
                         SMFIF_QUARANTINE}) do
    check(not mt.test_action(c, action), "it asks for a right that it does not need")
end
mt.disconnect(c)
c = mt.connect(SOCKET)
check(mt.negotiate(c, 6, 0x1fffff, 0x3f) ~= nil, "an MTA without change of sender was accepted")
