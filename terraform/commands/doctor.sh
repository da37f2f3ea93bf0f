#!/usr/bin/env bash
# Shows the state of the deployment, one line for each part, and the next step for the first problem.
# shellcheck source-path=SCRIPTDIR source=project.sh
. "$(dirname "${BASH_SOURCE[0]}")/project.sh"
find_deployment

next=''
line() { printf '%-12s %s\n' "$1" "$2"; }
wrong() { # WHAT HOW NEXT
  line "$1" "$2"
  [ -n "$next" ] || next=$3
}

# member NAME prints the text of the first such member of the JSON on standard input.
member() {
  grep -oE "\"$1\":\"([^\"\\\\]|\\\\.)*\"" | head -n 1 |
    sed -E 's/^"[^"]*":"(.*)"$/\1/; s/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g; s/\\(.)/\1/g' || true
}

# hours prints the hours since 1970 of a time such as 2026-01-31T23:59:59Z. The options of date(1) that could do it differ
# between systems.
hours() {
  [[ $1 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}): ]] || fail "'$1' is not a time."
  local y=$((10#${BASH_REMATCH[1]})) m=$((10#${BASH_REMATCH[2]})) d=$((10#${BASH_REMATCH[3]})) h=$((10#${BASH_REMATCH[4]}))
  ((m > 2)) || { y=$((y - 1)) && m=$((m + 12)); }
  echo $(((365 * y + y / 4 - y / 100 + y / 400 + (153 * m - 457) / 5 + d - 719469) * 24 + h))
}
now=$(hours "$(date -u +%Y-%m-%dT%H:%M:%SZ)")
ago() { echo $((now - $(hours "$1"))); }

in_project() { gcloud "$@" --project="$PROJECT"; }
# stored_since SECRET prints when its newest enabled version was added.
stored_since() { in_project secrets versions list "$1" --format='value(state,createTime)' | sed -n 's/^ENABLED[[:space:]]*//p' | sort | tail -n 1; }
job() { # NAME
  local state
  state=$(awk -v name="$1" '$1 == name { print $2 }' <<<"$jobs")
  case $state in
    ENABLED) line "$1" "on schedule" ;;
    '') wrong "$1" "there is no such job" "make deploy PROJECT=$PROJECT" ;;
    *) wrong "$1" "the job is $state" "gcloud scheduler jobs resume $1 --location=$REGION --project=$PROJECT" ;;
  esac
}

line project "$PROJECT, $REGION, state in gs://$STATE"
on=$(in_project services list --enabled --format='value(config.name)')
off=''
for service in $(sed -n '/always = \[/,/\]/p' terraform/services.tf | grep -o '"[a-z]*"' | tr -d '"'); do
  grep -qx "$service.googleapis.com" <<<"$on" || off+=" $service"
done
if [ -n "$off" ]; then # the calls below need the services
  wrong services "off:$off" "make deploy PROJECT=$PROJECT"
  echo "next: $next"
  exit
fi
line services "all on"

secrets=$(in_project secrets list --format='value(name.basename())')
jobs=$(in_project scheduler jobs list --location="$REGION" --format='value(name.basename(),state,schedule)')
listeners=$(sed -n 's/^spotify-token-//p' <<<"$secrets")
if [ -z "$listeners" ] || ! grep -qx spotify-client <<<"$secrets"; then
  wrong secrets "some are missing" "make deploy PROJECT=$PROJECT"
else
  app=$(stored_since spotify-client)
  if [ -n "$app" ]; then line app "stored since ${app%%T*}"; else
    wrong app "Spotify's client id and secret are missing" "make connect PROJECT=$PROJECT LISTENER=$(head -n 1 <<<"$listeners")"
  fi
fi
job reconcile
job features

for listener in $listeners; do
  job "ingest-$listener"
  token=$(stored_since "spotify-token-$listener")
  if [ -z "$token" ]; then
    wrong "$listener" "not connected" "make connect PROJECT=$PROJECT LISTENER=$listener"
    continue
  fi
  objects=gs://$PROJECT-spotify-insights
  status=$(gcloud storage cat "$objects/status/listener=$listener.json" 2>/dev/null || true)
  consent=$(member authorized_at <<<"$status")
  days=$(($(ago "${consent:-$token}") / 24))
  known="connected ${days} days ago; Spotify ends a consent after 6 months"
  ((days < 185)) || known="connected ${days} days ago; Spotify has ended the consent" # six months have 184 days at most
  [ -n "$consent" ] || known="the token was stored ${days} days ago; the day of consent is unknown"
  if ((days >= 150)); then wrong "$listener" "$known" "make connect PROJECT=$PROJECT LISTENER=$listener"; else line "$listener" "$known"; fi
  unstored=$(member token_unstored <<<"$status")
  [ -z "$unstored" ] || wrong "$listener" "the last refresh token cannot be stored: $unstored" "make deploy PROJECT=$PROJECT"

  ran=$(member last_run_at <<<"$status") outcome=$(member outcome <<<"$status")
  limit=49 # hours, for a schedule that is not hourly
  ! grep -q "^ingest-${listener}[[:space:]].*[[:space:]]\* \* \* \*\$" <<<"$jobs" || limit=3
  if [ -z "$ran" ]; then
    wrong "$listener" "never ingested" "make trigger PROJECT=$PROJECT LISTENER=$listener"
    continue
  fi
  last="last ingest $(ago "$ran") hours ago: $outcome"
  if [ "$outcome" = failed ]; then
    action=$(member action <<<"$status")
    [[ $action != *onnect* ]] || action="make connect PROJECT=$PROJECT LISTENER=$listener"
    [[ ! $token > $ran ]] || action="make trigger PROJECT=$PROJECT LISTENER=$listener" # connected since
    wrong "$listener" "$last. $(member error <<<"$status")" "${action:-make logs PROJECT=$PROJECT LISTENER=$listener}"
  elif (($(ago "$ran") >= limit)); then wrong "$listener" "$last" "make logs PROJECT=$PROJECT"; else line "$listener" "$last"; fi

  loaded=$(gcloud storage cat "$objects/insights/listener=$listener.json" 2>/dev/null | member last_load_at || true)
  last="last load $([ -z "$loaded" ] || ago "$loaded") hours ago"
  if [ -z "$loaded" ]; then
    wrong "$listener" "nothing loaded yet" "make logs PROJECT=$PROJECT"
  elif [ "$outcome" = written ] && (($(hours "$ran") - $(hours "$loaded") >= 2)); then
    wrong "$listener" "$last, before the last ingest" "gcloud scheduler jobs run reconcile --location=$REGION --project=$PROJECT"
  else line "$listener" "$last"; fi
done

# An import needs no consent, so these lines are for every listener.
for listener in $listeners; do
  status=$(gcloud storage cat "gs://$PROJECT-spotify-insights/status/import/listener=$listener.json" 2>/dev/null || true)
  at=$(member updated_at <<<"$status") outcome=$(member outcome <<<"$status")
  if [ -n "$at" ]; then
    last="last import $(ago "$at") hours ago: $outcome, $(member name <<<"$status"), $(grep -oE '"rows":[0-9]+' <<<"$status" | head -n 1 | tr -dc 0-9) rows"
    result=${status##*\"again\":} # the members after the files, which have errors of their own
    again="make import PROJECT=$PROJECT LISTENER=$listener FILE=..."
    if [ "$outcome" = failed ]; then
      action=$(member action <<<"$result")
      wrong "$listener" "$last. $(member error <<<"$result")" "${action:-$again}"
    elif [ "$outcome" = running ] && (($(ago "$at") >= 3)); then # the platform retries for two hours
      wrong "$listener" "$last, and it stopped" "$again"
    else
      unread=$(grep -oE '"error":"' <<<"$status" | grep -c . || true)
      line "$listener" "$last$([ "$unread" = 0 ] || echo ". $unread of its files could not be read to the end; the page says why")"
    fi
  fi
  uploads=$(gcloud storage ls --long "gs://$PROJECT-spotify-uploads/listener=$listener/**" 2>/dev/null || true)
  while read -r _ at upload; do # size, time, URL; and a total
    [[ $upload == gs://* ]] || continue
    waits="an upload waits for $(ago "$at") hours: ${upload#gs://*/*/}"
    if (($(ago "$at") >= 3)); then wrong "$listener" "$waits" "make logs PROJECT=$PROJECT"; else line "$listener" "$waits"; fi
  done <<<"$uploads"
done
echo "next: ${next:-nothing to fix; open the page with: make open PROJECT=$PROJECT}"
