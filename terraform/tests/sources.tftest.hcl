# Guards the builds: the zips that `go run ./terraform/stage terraform/staged` has written, and how they reach the
# buildpack.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
  mock_resource "google_artifact_registry_repository" {
    defaults = {}
  }
}

mock_provider "time" {
  override_during = plan
}

variables {
  project = "some-project"
}

run "each_zip_contains_what_the_buildpack_needs" {
  command = plan

  # A zip has its names uncompressed. The base64 form of a text depends on where it begins, modulo 3, so three forms are
  # searched, each without the letters that share a digit with their neighbours.
  assert {
    condition = alltrue(flatten([for name, object in google_storage_bucket_object.source : [
      for part in ["go.mod", "go.sum", "functions/${name}/function.go", "shared/config/config.go", "shared/handler/handler.go"] :
      anytrue([for skip in [0, 1, 2] : strcontains(filebase64(object.source), base64encode(substr(part, skip, 3 * floor((length(part) - skip) / 3))))])
    ]]))
    error_message = "A zip lacks go.mod, go.sum, its function or shared."
  }
  assert {
    condition = alltrue(flatten([for name, object in google_storage_bucket_object.source : [
      for part in concat(["shared/config/config_test.go", "functions/local/main.go"], [for other in keys(google_storage_bucket_object.source) : "functions/${other}/function.go" if other != name]) :
      !anytrue([for skip in [0, 1, 2] : strcontains(filebase64(object.source), base64encode(substr(part, skip, 3 * floor((length(part) - skip) / 3))))])
    ]]))
    error_message = "A zip contains tests, the local command, or another function: a change of those would deploy this function again."
  }
}

run "every_function_is_built_from_its_own_zip" {
  command = plan

  assert {
    condition     = toset(keys(google_storage_bucket_object.source)) == toset(["ingest", "importer", "load", "reconcile", "topten", "features", "dashboard"])
    error_message = "Every function except local needs a zip."
  }
  assert {
    condition = alltrue([for name, f in google_cloudfunctions2_function.function :
      f.build_config[0].entry_point == name && f.build_config[0].source[0].storage_source[0].object == google_storage_bucket_object.source[name].name
    ])
    error_message = "A function is built from the zip of another function."
  }
}

run "a_changed_source_deploys_its_function_again" {
  command = plan

  assert {
    condition     = alltrue([for name, object in google_storage_bucket_object.source : object.name == "${name}-${substr(filesha256(object.source), 0, 16)}.zip"])
    error_message = "The name of an object has to change with its content."
  }
}

run "builds_have_the_tested_settings_and_their_own_account_and_repository" {
  command = plan

  assert { # as test/buildpack builds and tests them
    condition = alltrue([for f in google_cloudfunctions2_function.function :
      f.build_config[0].environment_variables == tomap(jsondecode(file("${path.module}/stage/build.json"))) &&
      toset(keys(f.build_config[0].environment_variables)) == toset(["GOFLAGS", "GOOGLE_GOLDFLAGS"])
    ])
    error_message = "A function is built with other settings than in the tests."
  }
  assert {
    condition = alltrue([for f in google_cloudfunctions2_function.function :
      f.build_config[0].runtime == "go126" &&
      f.build_config[0].service_account == google_service_account.build.id && f.build_config[0].docker_repository == google_artifact_registry_repository.images.id
    ])
    error_message = "The runtime, the account or the repository of a build is wrong."
  }
}

run "old_images_are_removed" {
  command = plan

  assert {
    condition     = !google_artifact_registry_repository.images.cleanup_policy_dry_run && toset([for p in google_artifact_registry_repository.images.cleanup_policies : p.action]) == toset(["KEEP", "DELETE"])
    error_message = "The images of every deployment would stay, and be billed."
  }
}

run "a_second_apply_changes_nothing" {
  command = plan

  assert {
    condition     = alltrue([for file in fileset(path.module, "*.tf") : !can(regex("\\b(timestamp|plantimestamp|uuid|bcrypt)\\(", file(file)))])
    error_message = "A function whose value differs each time would change something at every apply."
  }
}
