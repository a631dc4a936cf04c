-- wrk sends one request for each secret and ends; the names are those of benchmarks/rewrite/stock.py.
-- Arguments: create or patch, secrets, namespaces, bytes of a value, the token's file.
local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } moment;
int clock_gettime(int, moment *);
]]
local MONOTONIC = 1
local PATCH_PATH = "/api/v1/namespaces/bench-%02d/secrets/secret-%06d?includeObject=None"
local TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
local verb, count, namespaces, size, random, began
local sent, answered, refused = -1, 0, 0

local function now()
    local moment = ffi.new("moment")
    ffi.C.clock_gettime(MONOTONIC, moment)
    return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

function init(arguments)
    verb, count, namespaces, size = arguments[1], tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4])
    local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    local picked = {}
    for place = 1, math.ceil(size / 3) * 4 do  -- base64 of that many bytes; random, because answers may be compressed
        local letter = math.random(64)
        picked[place] = letters:sub(letter, letter)
    end
    random = table.concat(picked)
    wrk.headers["Authorization"] = "Bearer " .. io.open(arguments[5]):read("*l")
    wrk.headers["User-Agent"] = "wrk"
    wrk.headers["Content-Type"] = verb == "patch" and "application/merge-patch+json" or "application/json"
    if verb == "patch" then wrk.headers["Accept"] = TABLE end
end

local function creation(number, namespace)
    local turn = (number * 52) % #random  -- each value is another rotation
    turn = turn - turn % 4
    local value = random:sub(turn + 1) .. random:sub(1, turn)
    local body = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"secret-%06d"},"data":{"value":"%s"}}'
    local path = ("/api/v1/namespaces/bench-%02d/secrets"):format(namespace)
    return wrk.format("POST", path, nil, body:format(number, value))
end

function request()
    local number, namespace = sent, math.floor(sent * namespaces / count)
    if number == count then return wrk.format("GET", "/none") end
    sent = sent + 1
    if number < 0 then return wrk.format("GET", "/none") end  -- wrk asks once to look, and sends nothing [wrk.c, main]
    began = began or now()
    if verb == "create" then return creation(number, namespace) end
    return wrk.format("PATCH", PATCH_PATH:format(namespace, number), nil, "{}")
end

function response(status)
    if status == 404 then return end  -- the connections that have nothing left to send
    answered = answered + 1
    if status >= 300 then refused = refused + 1 end
    if answered == count then
        io.stdout:write(('{"seconds": %.6f, "refused": %d}\n'):format(now() - began, refused))
        io.stdout:flush()
        os.exit(0)
    end
end
