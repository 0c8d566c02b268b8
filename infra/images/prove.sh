#!/usr/bin/env bash
# Proves docker-compose.yml with a real Docker engine and a real Compose on a machine without an
# image registry: Debian, root, package registries, `npm test` done once. Everything it makes lies in
# one folder, the engine listens on a socket in there and nowhere else, and is stopped at the end.
# Prints a line `proved: …` for each thing seen; ends with 0 only when all were.
#
#   infra/images/prove.sh              keeps engine data and Compose for the next time
#   LABS_PROVE_DIR=/x infra/images/prove.sh
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=${LABS_PROVE_DIR:-$root/.labs/prove}
compose_version=v5.0.2
state=$dir/state
engine_pid=
had_bridge=$(ip -o link show docker0 2>/dev/null || true)

export DOCKER_HOST=unix://$dir/docker.sock DOCKER_CONFIG=$dir/config
# Debian's client first: it is the one that belongs to the engine.
export PATH=/usr/bin:$PATH
# Beside the state: copies are not kept where all may be deleted.
work=$(mktemp -d)
export LABS_STATE=$state LABS_STACK=compose LABS_WORK=$work/copies LABS_DOCKER=/usr/bin/docker

say() { echo "prove.sh: $*"; }
proved() { echo "proved: $*"; }
refuted() { echo "REFUTED: $*" >&2; exit 1; }
# The project and the password of a folder of state, as shared/stack names and draws them.
project_of() { echo "backend-labs-$(printf %s "$1" | sha256sum | cut -c1-10)"; }
project=$(project_of "$state")
export LABS_SECRET=00112233445566778899aabbccddeeff
compose() { docker compose -f "$root/docker-compose.yml" -p "$project" "$@"; }
labs() { node "$root/infra/bootstrap.mjs" "$@"; }

# same WHAT EXPECTED ACTUAL
same() { [ "$2" = "$3" ] || refuted "$1: expected '$2', saw '$3'"; }

finish() {
  local code=$?
  rm -rf "$work"
  [ -z "$engine_pid" ] && exit $code
  [ $code = 0 ] || { compose logs >"$dir/servers.log" 2>&1; say "what the servers said: $dir/servers.log"; }
  docker compose -f "$root/docker-compose.yml" -p "$(project_of "$state/spare")" down -v --timeout 5 >/dev/null 2>&1 || true
  compose down -v --timeout 5 >/dev/null 2>&1 || true
  kill "$engine_pid" 2>/dev/null || true
  while kill -0 "$engine_pid" 2>/dev/null; do sleep 0.2; done
  umount "$dir"/exec/netns/* 2>/dev/null || true
  [ -n "$had_bridge" ] || ip link delete docker0 2>/dev/null || true
  say 'engine stopped'
  exit $code
}
trap finish EXIT

install_tools() {
  local missing=()
  [ -x /usr/sbin/dockerd ] || missing+=(docker.io)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v mvn >/dev/null || missing+=(maven)
  [ ${#missing[@]} = 0 ] && return
  say "apt-get install ${missing[*]}"
  apt-get install -y --no-install-recommends "${missing[@]}" >"$dir/apt.log" 2>&1
}

build_compose() {
  local plugin=$DOCKER_CONFIG/cli-plugins/docker-compose
  [ -x "$plugin" ] && return
  say "building Compose $compose_version"
  mkdir -p "$dir/compose" "$(dirname "$plugin")"
  (
    cd "$dir/compose"
    [ -f go.mod ] || go mod init prove
    go get -tool "github.com/docker/compose/v5/cmd@$compose_version"
    go build -ldflags "-X github.com/docker/compose/v5/internal.Version=$compose_version" \
      -o "$plugin" github.com/docker/compose/v5/cmd
  ) >"$dir/compose.log" 2>&1 || { tail -5 "$dir/compose.log"; exit 1; }
}

start_engine() {
  # No packet filter: published ports go through Docker's own proxy, and nothing of the host changes.
  setsid dockerd -H "$DOCKER_HOST" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" --iptables=false --ip6tables=false --bip 10.213.0.1/24 \
    --default-address-pool base=10.214.0.0/16,size=24 >"$dir/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  for _ in $(seq 150); do
    docker version >/dev/null 2>&1 && return
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -5 "$dir/dockerd.log"
  refuted 'the engine did not start'
}

container() { compose ps -q "$1"; }
inspect() { docker inspect -f "$2" "$(container "$1")"; }

prove_one_alone() {
  mkdir -p "$state/servers/compose" && printf %s "$LABS_SECRET" >"$state/servers/compose/secret"
  compose up --wait redis >/dev/null 2>&1
  same 'services up' redis "$(compose ps --services)"
  proved 'one server can be started alone: up --wait redis starts redis and nothing else'
  compose down >/dev/null 2>&1
}

prove_all_up() {
  local begun=$SECONDS server
  compose up --wait >/dev/null 2>&1
  for server in $(compose config --services); do
    same "$server" healthy "$(inspect $server '{{.State.Health.Status}}')"
  done
  proved "up --wait: all healthy by their own checks, in $((SECONDS - begun)) s"
}

prove_limits() {
  local server bytes
  for server in $(compose config --services); do
    bytes=$(inspect $server '{{.HostConfig.Memory}}')
    [ "$bytes" -gt 0 ] || refuted "$server has no memory limit"
    same "$server's host addresses" 127.0.0.1 \
      "$(inspect $server '{{range .HostConfig.PortBindings}}{{range .}}{{println .HostIp}}{{end}}{{end}}' | sort -u | xargs)"
    same "$server's volume" "${project}_$server" \
      "$(inspect $server '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}' | grep backend-labs)"
    proved "$server: limit $((bytes / 1048576)) MB, ports on 127.0.0.1 only, volume ${project}_$server"
  done
}

prove_settings() {
  local sql="SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
    WHERE name IN ('autovacuum', 'fsync', 'jit', 'shared_preload_libraries')"
  same 'Postgres settings' \
    'autovacuum=off fsync=off jit=off shared_preload_libraries=pg_stat_statements,auto_explain' \
    "$(compose exec -T -e PGPASSWORD="$LABS_SECRET" postgres psql -h 127.0.0.1 -U labs -d postgres -Atc "$sql")"
  same 'Redis databases' 'databases 64' \
    "$(compose exec -T redis redis-cli CONFIG GET databases | xargs)"
  same 'RabbitMQ disk limit' 10000000 "$(compose exec -T -u rabbitmq -e HOME=/var/lib/rabbitmq \
    rabbitmq rabbitmqctl -q eval 'rabbit_disk_monitor:get_disk_free_limit().' | tr -d '\r')"
  compose exec -T kafka cat /opt/kafka/config/server.properties >"$dir/kafka.properties"
  local setting
  for setting in auto.create.topics.enable=false group.initial.rebalance.delay.ms=0 \
    group.min.session.timeout.ms=500 offsets.topic.replication.factor=1; do
    grep -q "^$setting$" "$dir/kafka.properties" || refuted "Kafka has no $setting"
  done
  proved 'the servers run with the settings of infra/'
}

prove_clients() {
  local status
  status=$(labs stack status --json)
  # The Node that the bootstrap went on with, for the tests below.
  PATH=$(echo "$state"/toolchain/node-*/bin):$PATH
  same 'ways the servers were had' compose,compose,compose,compose \
    "$(node -e 'const { servers } = JSON.parse(process.argv[1]);
      console.log(servers.map(({ provision }) => provision).join())' "$status")"
  proved "labs stack status finds them all, by compose: $(node -e '
    const { servers } = JSON.parse(process.argv[1]);
    console.log(servers.map(({ name, version }) => `${name} ${version}`).join(", "))' "$status")"

  # shellcheck disable=SC2046 # one path a word
  (cd "$root" && NO_COLOR=1 npx vitest run \
    $(compose config --services | sed 's#.*#shared/testkit/test/&.test.ts#')) \
    >"$dir/testkit.log" 2>&1 || { tail -40 "$dir/testkit.log"; refuted 'the probes'; }
  proved "the testkit's tests of its probes, from the host:$(sed -n 's/^ *Tests */ /p' "$dir/testkit.log")"

  (cd "$root/shared/stack" && node --input-type=module -e '
    import { Kafka, logLevel } from "kafkajs";
    const [broker, password] = process.argv.slice(1);
    const connection = { brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } };
    const stranger = new Kafka(connection).admin();
    const refused = await stranger.connect().then(() => stranger.listTopics()).then(() => false, () => true);
    await stranger.disconnect();
    if (!refused) throw new Error("it answers without a login");
    const sasl = { mechanism: "plain", username: "labs", password };
    const kafka = new Kafka({ ...connection, retry: {}, sasl });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "prove" }], waitForLeaders: true });
    const producer = kafka.producer({ transactionalId: "prove", idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: "prove", messages: [{ value: "1" }] });
    await transaction.commit();
    await producer.disconnect();
    await admin.disconnect();' "127.0.0.1:${LABS_KAFKA_PORT:-19492}" "$LABS_SECRET" 2>"$dir/kafka.log") ||
    { cat "$dir/kafka.log"; refuted 'a Kafka transaction'; }
  proved 'a Kafka transaction commits: the broker reaches itself beside the advertised port'
  proved 'Kafka refuses a client without a login'
}

# judged LAB CODE WHAT: runs a lab against the copy and expects the exit code.
judged() {
  local code=0
  labs test "$1" >"$dir/test.log" 2>&1 || code=$?
  [ "$code" = "$2" ] || { tail -40 "$dir/test.log"; refuted "$3: exit code $code"; }
  proved "$3"
}

# Lab 05 kills a broker of its own: by compose that is a second container.
prove_labs() {
  local folder lab
  for folder in "$root"/labs/*/; do
    lab=$(basename "$folder")
    labs start "$lab" </dev/null >"$dir/start.log" 2>&1 || true
    judged "$lab" 1 "labs test $lab: the starter is judged red, exit code 1"
    cp -r "$folder/solutions/reference/." "$LABS_WORK/$lab/"
    judged "$lab" 0 "labs test $lab: the reference solution is green, exit code 0"
  done
}

prove_recovery() {
  docker kill "$(container postgres)" >/dev/null
  judged 1 0 'after docker kill of Postgres, labs test 1 brings it up again and is green'
}

prove_ports() {
  LABS_POSTGRES_PORT=19999 compose up --wait postgres >/dev/null 2>&1
  same 'the moved port' 127.0.0.1:19999 "$(compose port postgres 5432)"
  proved 'LABS_POSTGRES_PORT moves the port'
}

prove_down() {
  compose exec -T redis redis-cli SET kept yes >/dev/null
  compose exec -T -e PGPASSWORD="$LABS_SECRET" postgres psql -q -h 127.0.0.1 -U labs -d postgres -c 'CREATE DATABASE kept'
  compose down >/dev/null 2>&1
  compose up --wait >/dev/null 2>&1
  same 'the database after down and up' 1 "$(compose exec -T -e PGPASSWORD="$LABS_SECRET" postgres \
    psql -h 127.0.0.1 -U labs -d postgres -Atc "SELECT count(*) FROM pg_database WHERE datname = 'kept'")"
  proved 'down and up --wait: all come up on their old volumes, Postgres with its data'
  labs stack down >/dev/null 2>&1
  compose down -v >/dev/null 2>&1
  same 'what is left' '' "$(docker ps -aq)$(docker volume ls -q --filter name=backend-labs)$(docker network ls -q --filter name=backend-labs)"
  proved 'down -v leaves no container, no volume and no network'
}

mkdir -p "$dir"
install_tools
build_compose
start_engine
proved "a real engine ($(docker version -f '{{.Server.Version}}')) and a real Compose ($(docker compose version --short))"
"$here/build.sh"
compose down -v >/dev/null 2>&1
find "$state" -mindepth 1 -maxdepth 1 ! -name toolchain -exec rm -rf {} + 2>/dev/null || true
compose config -q
proved 'Compose accepts the file'
prove_one_alone
prove_all_up
prove_limits
prove_settings
prove_clients
prove_labs
prove_recovery
prove_ports
prove_down
say 'all proved'
