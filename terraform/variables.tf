variable "project" {
  description = "Id of the Google Cloud project. `make deploy` sets it from `PROJECT`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "\"${var.project}\" is not a project id: give the id (not the name or the number) of a project, 6 to 30 small letters, digits and dashes, as `gcloud projects list` shows it."
  }
}

variable "region" {
  description = "The region of all resources. `make deploy` sets it from `REGION`, or as the deployment has it."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[1-9][0-9]?$", var.region))
    error_message = "\"${var.region}\" is not a region: give one such as us-central1 or europe-west1, not a zone (us-central1-a) and not a multi-region (US, EU)."
  }
}

variable "listeners" {
  description = "The listeners, by id. `make deploy` sets them from `LISTENERS`, or as they are stored. A public listener's page is open to everybody, without recent plays, times of day and status."
  type = map(object({
    time_zone = string
    public    = optional(bool, false)
  }))
  default  = { me = { time_zone = "America/Los_Angeles" } }
  nullable = false

  validation {
    condition     = length(var.listeners) > 0
    error_message = "Give at least one listener: { me = { time_zone = \"Europe/Berlin\" } }."
  }

  validation { # as shared/listener has it: ids become parts of object and secret names
    condition     = alltrue([for id in keys(var.listeners) : can(regex("^[a-z][a-z0-9-]{0,30}$", id))])
    error_message = "A listener's id is a small letter, then up to 30 small letters, digits and dashes; these are not valid: ${join(", ", [for id in keys(var.listeners) : "\"${id}\"" if !can(regex("^[a-z][a-z0-9-]{0,30}$", id))])}."
  }

  validation {
    condition     = alltrue([for l in values(var.listeners) : can(regex(local.time_zone, l.time_zone))])
    error_message = "A listener's time_zone is a name such as Europe/Berlin or UTC; these are not valid: ${join(", ", [for id, l in var.listeners : "${l.time_zone} of ${id}" if !can(regex(local.time_zone, l.time_zone))])}."
  }
}

variable "lake_bucket" {
  description = "Name of the lake's bucket, unique among all buckets of Cloud Storage. Without it the name is `PROJECT-spotify-lake`."
  type        = string
  default     = null

  validation {
    condition = var.lake_bucket == null ? true : (
      can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.lake_bucket)) &&
      !startswith(var.lake_bucket, "goog") && !strcontains(var.lake_bucket, "google")
    )
    error_message = "The lake's bucket needs a name of 3 to 63 small letters, digits, dashes and underscores that begins and ends with a letter or digit and does not contain \"google\". Names are shared by all projects: Cloud Storage refuses one that is taken."
  }
}

variable "dataset" {
  description = "BigQuery dataset of the tables and views."
  type        = string
  default     = "spotify_insights"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_]{1,100}$", var.dataset))
    error_message = "\"${var.dataset}\" is not a dataset name: use letters, digits and underscores."
  }
}

variable "feature_providers" {
  description = "The providers of audio features, in order; `[]` disables audio features. A provider receives ids of tracks and nothing else."
  type        = list(string)
  default     = ["spotify", "reccobeats"]
  nullable    = false

  validation {
    condition = (
      alltrue([for name in var.feature_providers : can(regex("^[a-z]+$", name))]) &&
      length(distinct(var.feature_providers)) == length(var.feature_providers)
    )
    error_message = "feature_providers is a list of names in small letters, each once, such as [\"spotify\", \"reccobeats\"]; this is not: ${jsonencode(var.feature_providers)}."
  }
}

variable "covers" {
  description = "Pages load covers from Spotify's image hosts. With `false` they have drawn covers only, and load nothing from elsewhere."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Protects the lake and the tables from deletion. `make destroy` with `ALL=yes` sets it to `false` first."
  type        = bool
  default     = true
  nullable    = false
}

variable "maximum_bytes_billed" {
  description = "The most bytes that one query may be billed for: 20 GiB, or twelve cents. A query that would read more fails and costs nothing."
  type        = number
  default     = 21474836480
  nullable    = false

  validation {
    condition     = var.maximum_bytes_billed >= 104857600 && floor(var.maximum_bytes_billed) == var.maximum_bytes_billed
    error_message = "maximum_bytes_billed is a whole number of bytes, at least 104857600 (100 MiB): BigQuery bills at least 10 MiB for each table of a query."
  }
}
