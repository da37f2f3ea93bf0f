# Guards the outputs: the address of the page, and the names that terraform/operations and the scripts need.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_cloudfunctions2_function" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "the_outputs_name_the_resources" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC" }, sister = { time_zone = "Asia/Tokyo" } }
  }

  assert {
    condition     = output.dashboard_url == google_cloudfunctions2_function.function["dashboard"].service_config[0].uri && output.public_url == null
    error_message = "The page's address has to be the dashboard's."
  }
  assert {
    condition     = output.lake == "some-project-spotify-lake" && output.insights == "some-project-spotify-insights" && output.uploads == "some-project-spotify-uploads" && output.dataset == "some-project.spotify_insights"
    error_message = "The names of the buckets and the dataset are wrong."
  }
  assert {
    condition     = contains(output.services, "run") && toset(output.services) == toset([for service in google_project_service.on : trimsuffix(service.service, ".googleapis.com")])
    error_message = "The services are those that Terraform enables: make doctor looks whether they are on."
  }
  assert {
    condition     = contains(output.functions, "ingest") && toset(output.functions) == toset([for function in google_cloudfunctions2_function.function : function.name])
    error_message = "The functions are those that are deployed: make logs shows their lines."
  }
  assert {
    condition     = output.jobs == tolist(["features", "ingest-me", "ingest-sister", "reconcile"])
    error_message = "The names of the jobs are wrong."
  }
  assert {
    condition     = output.secrets == { client = "spotify-client", tokens = { me = "spotify-token-me", sister = "spotify-token-sister" } }
    error_message = "The names of the secrets are wrong."
  }
}

run "the_next_steps_are_commands_for_this_project" {
  command = plan

  assert {
    condition     = alltrue([for step in ["make connect", "make trigger", "make open", "make doctor"] : strcontains(output.next_steps, "${step} PROJECT=some-project")])
    error_message = "A step is missing, or names another project."
  }
}

run "the_public_page_has_an_address" {
  command = plan

  variables {
    listeners = { me = { time_zone = "UTC", public = true } }
  }

  assert {
    condition     = output.public_url == google_cloudfunctions2_function.function["dashboard-public"].service_config[0].uri
    error_message = "The public page needs its own address."
  }
}
