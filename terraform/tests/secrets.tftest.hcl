# Guards secrets: Terraform declares them and never has their values, so that neither its files nor its state contain one.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "there_is_a_secret_for_the_app_and_one_for_each_listener" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert { # the names of shared/secrets
    condition     = toset(concat([google_secret_manager_secret.client.secret_id], [for s in google_secret_manager_secret.token : s.secret_id])) == toset(["spotify-client", "spotify-token-me", "spotify-token-sister"])
    error_message = "The secrets have other names than in the code."
  }
}

run "terraform_has_no_value_of_a_secret" {
  command = plan

  assert {
    condition     = alltrue([for file in fileset(path.module, "*.tf") : !can(regex("secret_manager_(regional_)?secret_version|secret_data|secret_environment_variables|secret_volumes|google_service_account_key|sensitive", file(file)))])
    error_message = "A secret's value would be in Terraform's state, or in a function's environment."
  }
}

run "no_environment_contains_a_secret" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC", public = true } }
  }

  assert {
    condition = alltrue(flatten([for f in google_cloudfunctions2_function.function : [
      for key in concat(keys(f.service_config[0].environment_variables), keys(f.build_config[0].environment_variables)) : !can(regex("(?i)secret|token|password|credential|key", key))
    ]]))
    error_message = "Everybody who may view a function sees its environment."
  }
  assert {
    condition     = alltrue([for f in google_cloudfunctions2_function.function : length(f.service_config[0].secret_environment_variables) == 0 && length(f.service_config[0].secret_volumes) == 0])
    error_message = "Functions read secrets through the API, and not from their environment."
  }
}

run "no_function_uses_an_emulator" {
  command = plan

  assert {
    condition     = alltrue(flatten([for f in google_cloudfunctions2_function.function : [for key in keys(f.service_config[0].environment_variables) : !endswith(key, "_EMULATOR_HOST") && !endswith(key, "_URL")]]))
    error_message = "A deployed function would send its listener's token to an emulator."
  }
}
