# The servers of the gateway's benchmarks, all on this machine: each contender has an engine of its own, started the same. Sourced by bench/gateway and
# bench/gateway-limits, which set: root, door (the built Larder.Compat), redis. `start NAME` starts one of native, larder, pinned, haproxy, stunnel, twemproxy; then
# port[NAME], engine[NAME] and front[NAME] (process ids; no front: empty), tls[NAME] and auth[NAME] (the key) tell of it. All of it ends with the script.

work=$(mktemp -d /tmp/larder-bench-XXXXXX)
pids=()
end() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat "$work/cert.pem" "$work/key.pem" >"$work/both.pem"
chmod 600 "$work"/*.pem
export ENGINE_USER=gateway ENGINE_PASSWORD=inside DOOR_KEY=outside

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'; }

declare -A port engine front tls auth

engine() { # NAME SETTINGS…: starts an engine; its process id is in engine[NAME]
  local name=$1; shift
  mkdir -p "$work/$name"
  { printf 'dir %s\nunixsocket %s/redis.sock\nsave ""\nappendonly no\nmaxclients 15000\nuser gateway on >inside ~* &* +@all\n' "$work/$name" "$work/$name"; printf '%s\n' "$@"; } >"$work/$name/redis.conf"
  "$redis" "$work/$name/redis.conf" >"$work/$name/engine.log" 2>&1 &
  engine[$name]=$!
  pids+=("$!")
  for _ in $(seq 200); do [ -S "$work/$name/redis.sock" ] && return; read -rt 0.05 <> <(:) || true; done
  say "the engine of $name did not start"; cat "$work/$name/engine.log" >&2; exit 1
}

await_port() { # PORT NAME
  for _ in $(seq 200); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; read -rt 0.05 <> <(:) || true; done
  say "$2 did not open port $1"; exit 1
}

start() { # NAME
  local name=$1
  port[$name]=$(free_port) front[$name]= tls[$name]=1 auth[$name]=inside
  case $name in
    native) engine native "port 0" "tls-port ${port[native]}" "tls-cert-file $work/cert.pem" "tls-key-file $work/key.pem" "tls-ca-cert-file $work/cert.pem" \
      "tls-auth-clients no" "requirepass inside" ;;
    larder|pinned)
      engine "$name" "port 0"
      auth[$name]=outside
      local sharing=(); [ "$name" = larder ] || sharing=(--sharing no)
      "$door" door --socket "$work/$name/redis.sock" --port "${port[$name]}" --certificate "$work/cert.pem" --certificate-key "$work/key.pem" "${sharing[@]}" \
        >"$work/$name/front.log" 2>&1 & ;;
    haproxy)
      local behind; behind=$(free_port)
      engine haproxy "port $behind" "requirepass inside"
      cat >"$work/haproxy.cfg" <<EOF
global
  maxconn 4000
  nbthread 2
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen redis
  bind 127.0.0.1:${port[haproxy]} ssl crt $work/both.pem
  server engine unix@$work/haproxy/redis.sock
EOF
      haproxy -f "$work/haproxy.cfg" -db >"$work/haproxy/front.log" 2>&1 & ;;
    stunnel)
      local behind; behind=$(free_port)
      engine stunnel "port $behind" "requirepass inside"
      cat >"$work/stunnel.conf" <<EOF
foreground = yes
pid =
debug = 3
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[redis]
accept = 127.0.0.1:${port[stunnel]}
connect = 127.0.0.1:$behind
cert = $work/both.pem
EOF
      stunnel4 "$work/stunnel.conf" >"$work/stunnel/front.log" 2>&1 & ;;
    twemproxy)
      tls[$name]=
      engine twemproxy "port 0" "requirepass inside"
      cat >"$work/nutcracker.yml" <<EOF
redis:
  listen: 127.0.0.1:${port[twemproxy]}
  redis: true
  redis_auth: inside
  hash: fnv1a_64
  distribution: ketama
  auto_eject_hosts: false
  client_connections: 4000
  servers:
   - $work/twemproxy/redis.sock:1 engine
EOF
      nutcracker -c "$work/nutcracker.yml" -s "$(free_port)" >"$work/twemproxy/front.log" 2>&1 & ;;
  esac
  if [ "$name" != native ]; then front[$name]=$!; pids+=("$!"); fi
  await_port "${port[$name]}" "$name"
}
