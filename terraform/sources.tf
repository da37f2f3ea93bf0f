# The functions' sources, as `go run ./terraform/stage terraform/staged` lays them out for the
# buildpack: a zip each, of the same bytes for the same source.

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
  name   = "${each.key}-${each.value.hash}.zip" # a new name makes the function be deployed again
  source = each.value.file

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = each.value.staged
      error_message = "There is no ${each.value.file}: `go run ./terraform/stage terraform/staged` makes it (`make deploy` does that first)."
    }
  }
}
