# Guards that each fault that needs a person raises an alert that says what to do, and that no alert fires before the
# first connect.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_monitoring_notification_channel" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "there_is_an_alert_for_each_fault_that_needs_a_person" {
  command = plan

  assert {
    condition = toset([for p in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.absence)) : p.display_name]) == toset([
      "No successful ingest for two runs",
      "Spotify's consent ends soon, or has ended",
      "Objects have been in the lake for three hours and are not loaded",
      "An object of the lake cannot be loaded",
      "An export could not be imported",
      "Plays were loaded three hours ago and are not on the page",
      "Plays may have been missed between two ingests",
    ])
    error_message = "An alert is missing."
  }
}

run "every_alert_says_what_to_do" {
  command = plan

  assert {
    condition = alltrue([for p in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.absence)) :
      can(regex("`(make|gcloud) [^`]*some-project", one(p.documentation).content)) && length(one(p.documentation).content) < 8192 && one(p.documentation).mime_type == "text/markdown"
    ])
    error_message = "An alert has no command to run."
  }
}

run "alerts_are_mailed_where_an_address_is_given" {
  command = plan

  variables {
    alert_email = "me@example.com"
  }

  assert {
    condition     = one(google_monitoring_notification_channel.mail).type == "email" && one(google_monitoring_notification_channel.mail).labels.email_address == "me@example.com"
    error_message = "Alerts are mailed to another address than the given one."
  }
  assert {
    condition = alltrue([for p in concat(values(google_monitoring_alert_policy.line), values(google_monitoring_alert_policy.absence)) :
      join(" ", p.notification_channels) == one(google_monitoring_notification_channel.mail).name
    ])
    error_message = "An alert is not mailed."
  }
}

run "without_an_address_nothing_is_mailed" {
  command = plan

  assert {
    condition     = length(google_monitoring_notification_channel.mail) == 0
    error_message = "A mail channel exists without an address."
  }
}

run "an_hourly_line_sends_one_mail_a_day" {
  command = plan

  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.line : one(one(p.alert_strategy).notification_rate_limit).period == "86400s"])
    error_message = "A policy on log lines needs a rate limit of a day."
  }
}

run "no_alert_fires_before_the_first_connect" {
  command = plan

  # A success first, then its absence: "A unless B" is empty where A is empty.
  assert {
    condition = alltrue([for p in google_monitoring_alert_policy.absence :
      can(regex("^sum.* > 0 unless sum.* > 0$", one(one(p.conditions).condition_prometheus_query_language).query))
    ])
    error_message = "An absence counts only after a success."
  }
  assert {
    condition     = alltrue([for p in google_monitoring_alert_policy.absence : one(one(p.conditions).condition_prometheus_query_language).disable_metric_validation])
    error_message = "Before the first line there is no counter, and the first apply would fail on that."
  }
  assert {
    condition     = strcontains(one(one(google_monitoring_alert_policy.line["consent"].conditions).condition_matched_log).filter, "(jsonPayload.token_age_days>=150 OR jsonPayload.consent_lost=true)")
    error_message = "The alert has to match a lost consent, and not every refusal: before the first connect there is no consent to lose."
  }
}

run "two_missed_runs_are_two_runs_of_the_schedule" {
  command = plan

  assert {
    condition     = endswith(one(one(google_monitoring_alert_policy.absence["ingest"].conditions).condition_prometheus_query_language).query, "[135m])) > 0")
    error_message = "Hourly runs are missed after two hours and a quarter."
  }
}

run "two_missed_runs_of_a_slower_schedule_take_longer" {
  command = plan

  variables {
    ingest_schedule = "0 */6 * * *"
    listeners       = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition     = endswith(one(one(google_monitoring_alert_policy.absence["ingest"].conditions).condition_prometheus_query_language).query, "[735m])) > 0")
    error_message = "Runs every six hours are missed after twelve hours and a quarter."
  }
  assert { # otherwise a removed listener would raise an alert for a day
    condition = alltrue([for name in ["ingest", "ranking"] :
      strcontains(one(one(google_monitoring_alert_policy.absence[name].conditions).condition_prometheus_query_language).query, "listener=~\"me|sister\"")
    ])
    error_message = "The condition has to look at current listeners only."
  }
}

run "two_missed_runs_of_a_schedule_of_twelve_hours_are_seen_within_25_hours" {
  command = plan

  variables {
    ingest_schedule = "0 */12 * * *"
  }

  assert { # 45 minutes of the 25 hours are left to fire in
    condition     = endswith(one(one(google_monitoring_alert_policy.absence["ingest"].conditions).condition_prometheus_query_language).query, "[1455m])) > 0")
    error_message = "Runs every twelve hours are missed after a day and a quarter of an hour. After 25 hours Cloud Monitoring sees nothing."
  }
}

run "a_missed_daily_run_is_reported_within_25_hours" {
  command = plan

  variables {
    ingest_schedule = "0 9 * * *"
  }

  assert {
    condition = one(one(google_monitoring_alert_policy.absence["silence"].conditions).condition_prometheus_query_language).query == join(" unless ", [for minutes in [11580, 1500] :
      "sum(sum_over_time(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\", service_name=\"ingest\"}[${minutes}m])) > 0"
    ])
    error_message = "No run at all is the platform's own count, which has no limit of 25 hours."
  }
  assert {
    condition     = !contains(keys(google_monitoring_alert_policy.absence), "ingest")
    error_message = "A counter cannot follow a daily schedule: two runs are more than 25 hours."
  }
  assert {
    condition     = strcontains(one(one(google_monitoring_alert_policy.line["failing"].conditions).condition_matched_log).filter, "service_name=\"ingest\" AND jsonPayload.failures>=2 AND jsonPayload.behind_minutes>=0")
    error_message = "Two failed runs have to be reported from the log, and only after a first success."
  }
  assert {
    condition     = alltrue([for field in ["failures", "behind_minutes"] : strcontains(join("", [for file in ["ingest", "measures"] : file("${path.module}/../functions/ingest/${file}.go")]), "\"${field}\", ")])
    error_message = "ingest no longer writes a field that the alert matches."
  }
  assert {
    condition = alltrue([for p in [google_monitoring_alert_policy.absence["silence"], google_monitoring_alert_policy.line["failing"]] :
      can(regex("`(make|gcloud) [^`]*some-project", one(p.documentation).content)) && one(p.documentation).mime_type == "text/markdown"
    ])
    error_message = "An alert has no command to run."
  }
}

run "a_schedule_of_some_weekdays_raises_no_alert_on_the_other_days" {
  command = plan

  variables {
    ingest_schedule = "0 9 * * mon-fri"
  }

  assert {
    condition     = endswith(one(one(google_monitoring_alert_policy.absence["silence"].conditions).condition_prometheus_query_language).query, "[10140m])) > 0")
    error_message = "Weekdays count as a week between two runs."
  }
}

run "an_hourly_schedule_has_one_alert_on_ingests" {
  command = plan

  assert {
    condition     = contains(keys(google_monitoring_alert_policy.absence), "ingest") && !contains(keys(google_monitoring_alert_policy.absence), "silence") && !contains(keys(google_monitoring_alert_policy.line), "failing")
    error_message = "One fault would be mailed twice."
  }
}

run "counters_count_the_lines_that_the_functions_write" {
  command = plan

  assert {
    condition = alltrue([for metric, line in { ingests = "ingested", loads = "loaded", rankings = "ranked" } :
      strcontains(google_logging_metric.counter[metric].filter, "jsonPayload.message=\"${line}\"")
    ])
    error_message = "A counter counts another line."
  }
  assert {
    condition = { for name, metric in google_logging_metric.counter : name => metric.label_extractors } == {
      ingests  = tomap({ listener = "EXTRACT(jsonPayload.listener)", status = "EXTRACT(jsonPayload.status)" })
      loads    = tomap({ listener = "EXTRACT(jsonPayload.listener)" })
      rankings = tomap({ listener = "EXTRACT(jsonPayload.listener)" })
    }
    error_message = "A condition asks for a label that its counter does not have."
  }
  assert {
    condition = (
      strcontains(file("${path.module}/../functions/ingest/ingest.go"), "\"ingested\"") &&
      strcontains(file("${path.module}/../shared/loader/receipts.go"), "\"loaded\"") &&
      strcontains(file("${path.module}/../functions/topten/publish.go"), "\"ranked\", \"listener\"")
    )
    error_message = "A function no longer writes the line that is counted."
  }
  assert {
    condition = (
      strcontains(one(one(google_monitoring_alert_policy.line["gap"].conditions).condition_matched_log).filter, "jsonPayload.message=\"gap found\"") &&
      strcontains(file("${path.module}/../functions/topten/publish.go"), "\"gap found\", \"listener\"")
    )
    error_message = "No alert reports gaps."
  }
  assert {
    condition = alltrue([for field in ["token_age_days", "consent_lost"] :
      strcontains(one(one(google_monitoring_alert_policy.line["consent"].conditions).condition_matched_log).filter, "jsonPayload.${field}") &&
      strcontains(file("${path.module}/../functions/ingest/ingest.go"), "\"${field}\",")
    ])
    error_message = "No alert reports that a consent ends or has ended."
  }
}

run "an_import_that_failed_is_reported_and_one_that_is_retried_is_not" {
  command = plan

  # The platform writes a line of its own, at ERROR and without jsonPayload, for each request that is retried.
  assert {
    condition     = endswith(one(one(google_monitoring_alert_policy.line["import"].conditions).condition_matched_log).filter, "=\"importer\" AND severity>=ERROR AND jsonPayload.error:*")
    error_message = "The alert has to match the importer's own errors, and not each try."
  }
  assert {
    condition     = alltrue([for way in ["https://www.spotify.com/account/privacy", "make import PROJECT=some-project", "make doctor PROJECT=some-project"] : strcontains(one(google_monitoring_alert_policy.line["import"].documentation).content, way)])
    error_message = "The alert has to say where to ask for the export, how to see the error, and how to upload again."
  }
  assert {
    condition     = strcontains(file("${path.module}/../shared/handler/handler.go"), "\"error\", err.Error(), \"action\", faults.Action(err)")
    error_message = "A failure no longer has the fields that the alert matches and names."
  }
}

run "audio_features_that_are_loaded_do_not_hide_plays_that_are_not" {
  command = plan

  assert {
    condition     = endswith(google_logging_metric.counter["loads"].filter, " AND ((jsonPayload.message=\"loaded\" AND (jsonPayload.plays>0 OR jsonPayload.rejected>0 OR jsonPayload.not_music>0)) OR (severity>=ERROR AND jsonPayload.object=~\"^plays/\"))")
    error_message = "The counter has to count loads of plays, and rejected objects of plays, and no others."
  }
  assert {
    condition = (
      strcontains(file("${path.module}/../shared/loader/receipts.go"), "\"plays\", sum.Plays, \"rejected\", sum.Rejected, \"not_music\", sum.NotMusic") &&
      strcontains(file("${path.module}/../shared/loader/receipts.go"), "\"listener\", listener") &&
      can(regex("PlaysPrefix += \"plays/\"", file("${path.module}/../shared/lake/name.go")))
    )
    error_message = "The line about a load no longer has the counts or the listener, or plays have another prefix in the lake: the alerts would be wrong."
  }
}

run "a_stage_is_missing_only_after_the_stage_before_it_has_run" {
  command = plan

  assert {
    condition = (
      can(regex("user_spotify_insights_ingests\\{[^}]*status=\"written\".* unless .*user_spotify_insights_loads\\{", one(one(google_monitoring_alert_policy.absence["load"].conditions).condition_prometheus_query_language).query)) &&
      can(regex("by \\(listener\\).*user_spotify_insights_loads\\{.* unless sum by \\(listener\\).*user_spotify_insights_rankings\\{", one(one(google_monitoring_alert_policy.absence["ranking"].conditions).condition_prometheus_query_language).query))
    )
    error_message = "A load is missing after an ingest wrote a page, and a ranking after a load of that listener."
  }
}

run "no_condition_looks_back_more_than_25_hours" {
  command = plan

  variables {
    ingest_schedule = "0 */12 * * *" # the slowest that a counter follows
  }

  # Cloud Monitoring evaluates a counter of log lines over 25 hours at most.
  assert {
    condition = alltrue(flatten([for p in google_monitoring_alert_policy.absence : [
      for window in regexall("\\[([0-9]+)([mhd])\\](?: offset ([0-9]+)h)?", one(one(p.conditions).condition_prometheus_query_language).query) :
      tonumber(window[0]) * { m = 1, h = 60, d = 24 * 60 }[window[1]] + tonumber(coalesce(window[2], "0")) * 60 <= 25 * 60
    ]]))
    error_message = "A condition that looks back over more than 25 hours never fires."
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.absence)) == toset(["ingest", "load", "ranking"])
    error_message = "The absence of ingests, of loads and of rankings is reported."
  }
  assert {
    condition = alltrue([for p in google_monitoring_alert_policy.absence :
      length(regexall("sum_over_time\\(", one(one(p.conditions).condition_prometheus_query_language).query)) == 2 && !strcontains(one(one(p.conditions).condition_prometheus_query_language).query, "increase(")
    ])
    error_message = "The counters have one number per minute, so sum_over_time adds them up."
  }
}

run "no_counter_looks_back_more_than_25_hours_with_a_slower_schedule" {
  command = plan

  variables {
    ingest_schedule = "0 9 1 * *"
  }

  assert {
    condition = alltrue(flatten([for p in google_monitoring_alert_policy.absence : [
      for window in regexall("\\[([0-9]+)([mhd])\\](?: offset ([0-9]+)h)?", one(one(p.conditions).condition_prometheus_query_language).query) :
      tonumber(window[0]) * { m = 1, h = 60, d = 24 * 60 }[window[1]] + tonumber(coalesce(window[2], "0")) * 60 <= 25 * 60
    ] if strcontains(one(one(p.conditions).condition_prometheus_query_language).query, "logging_googleapis_com:user_")]))
    error_message = "A condition on a counter that looks back over more than 25 hours never fires."
  }
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.absence)) == toset(["silence", "load", "ranking"])
    error_message = "The absence of ingests, of loads and of rankings is reported."
  }
}

run "every_alert_names_an_existing_function" {
  command = plan

  assert {
    condition = alltrue(flatten([for text in concat([for p in google_monitoring_alert_policy.line : one(one(p.conditions).condition_matched_log).filter], [for m in google_logging_metric.counter : m.filter]) : [
      for name in regexall("\"[a-z-]+\"", join(" ", regexall("service_name=(?:\"[a-z-]+\"|\\([^)]*\\))", text))) : contains(keys(google_cloudfunctions2_function.function), trim(name, "\""))
    ]]))
    error_message = "An alert names a function that does not exist."
  }
}

run "there_is_no_budget_without_the_setting" {
  command = plan

  assert {
    condition     = length(google_billing_budget.month) == 0 && !contains(keys(google_project_service.on), "billingbudgets")
    error_message = "There is a budget, or its service, without the setting."
  }
}

run "a_budget_watches_this_project_and_mails" {
  command = plan

  variables {
    budget      = { billing_account = "012345-6789AB-CDEF01", amount = 5 }
    alert_email = "me@example.com"
  }

  assert {
    condition = (
      one(one(google_billing_budget.month).budget_filter).projects == toset(["projects/123456789012"]) &&
      one(one(one(google_billing_budget.month).amount).specified_amount).units == "5" &&
      join(" ", one(one(google_billing_budget.month).all_updates_rule).monitoring_notification_channels) == one(google_monitoring_notification_channel.mail).name
    )
    error_message = "The budget differs from the setting."
  }
}
