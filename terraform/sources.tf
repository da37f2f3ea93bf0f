# The functions' sources: one zip for each, which `go run ./terraform/stage terraform/staged` writes for the buildpack.
# The same source gives the same bytes.

locals {
  sources = {
    for name in toset([for f in local.functions : f.source]) : name => {
      file   = "${local.staged}/${name}.zip"
      staged = fileexists("${local.staged}/${name}.zip")
      hash   = fileexists("${local.staged}/${name}.zip") ? substr(filesha256("${local.staged}/${name}.zip"), 0, 16) : ""
    }
  }
}

resource "google_storage_bucket_object" "source" {
  for_each = local.sources

  bucket = google_storage_bucket.sources.name
  name   = "${each.key}-${each.value.hash}.zip" # a new name deploys the function again
  source = each.value.file

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = each.value.staged
      error_message = "There is no ${each.value.file}: `go run ./terraform/stage terraform/staged` writes it (`make deploy` runs that first)."
    }
  }
}
