-- What the scripts of this folder share. The runner sets SOCKET, HERE and the addresses that they speak of.

local names = {
    [SMFIR_ACCEPT] = "accept", [SMFIR_CONTINUE] = "continue", [SMFIR_REJECT] = "reject",
    [SMFIR_REPLYCODE] = "replycode", [SMFIR_TEMPFAIL] = "tempfail", [SMFIR_SKIP] = "skip",
}

-- miltertest says nothing of errors but its exit status.
local function fail(complaint)
    local at = debug and debug.getinfo(3, "Sl")
    mt.echo((at and at.short_src .. ":" .. at.currentline .. ": " or "") .. complaint)
    error(complaint, 3)
end

-- The step went well, and its reply was this one.
function expect(connection, failure, reply)
    if failure ~= nil then
        fail(failure)
    end
    local got = mt.getreply(connection)
    if got ~= reply then
        fail("expected " .. (names[reply] or reply) .. ", got " .. (names[got] or got))
    end
end

function check(condition, complaint)
    if not condition then
        fail(complaint)
    end
end

-- A milter connection on which an SMTP client has connected from that address.
function client(address)
    local connection = mt.connect(SOCKET)
    check(connection, "no connection to " .. SOCKET)
    expect(connection, mt.conninfo(connection, "client.example", address), SMFIR_CONTINUE)
    return connection
end
