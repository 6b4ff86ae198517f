#!/usr/bin/env bash
# Plays a pipeline for the tiny target: checks out what is pushed, builds it, puts it in the place of what ran, and says so.
#   pipeline.sh REMOTE FOLDER PORT CALLBACK-URL CALLBACK-SCRIPT LOGS      (KINTSUGI_CALLBACK_SECRET, UPSTREAM_URL)
set -uo pipefail
remote=$1 folder=$2 port=$3 callback=$4 say=$5 logs=$6
export PYTHONDONTWRITEBYTECODE=1
done_with='' pid='' run=0

log() { echo "$(date -u +%T) $*"; }

# Answers whether the commit is live; says why not.
deploy() {
  local commit=$1 source=$folder/$1
  mkdir -p "$source" && git --git-dir "$remote" archive "$commit" | tar -x -C "$source" || return 1
  if [ -e "$folder/fails" ] && git --git-dir "$remote" log -1 --format=%B "$commit" | grep -q '^Kintsugi-Incident:' &&
    ! git --git-dir "$remote" log -1 --format=%B "$commit" | grep -q '^Kintsugi-Re'; then
    log 'the environment has no room'
    return 1
  fi
  (cd "$source" && python3 -m py_compile app.py faults/greet.py) || return 1
  [ -z "$pid" ] || { kill "$pid"; wait "$pid"; }
  (cd "$source" && PORT=$port APP_VERSION=$commit exec python3 app.py) >>"$logs/pipeline.log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    curl -sf -o /dev/null -m 1 "http://127.0.0.1:$port/healthz" && return 0
    sleep 0.1
  done
  return 1
}

while sleep 0.2; do
  head=$(git --git-dir "$remote" rev-parse refs/heads/main) || continue
  [ "$head" != "$done_with" ] || continue
  run=$((run + 1))
  log "run $run: $head"
  if deploy "$head"; then status=success; else status=failure; fi
  log "run $run: $status"
  "$say" "$callback" "$head" "$status" production "run-$run" --run "https://ci.invalid/$run" --why "run $run of the pipeline"
  log "run $run: said, $?"
  done_with=$head
done
