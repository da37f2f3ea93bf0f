variable "project" {
  description = "Id of the Google Cloud project everything is made in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "\"${var.project}\" is no project id: give the id (not the name or the number) of a project, 6 to 30 small letters, digits and dashes, as `gcloud projects list` shows it."
  }
}

variable "region" {
  description = "The one region of everything. us-central1, us-east1 and us-west1 have the free storage."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[1-9][0-9]?$", var.region))
    error_message = "\"${var.region}\" is no region: give one such as us-central1 or europe-west1, no zone (us-central1-a) and no multi-region (US, EU)."
  }
}

variable "listeners" {
  description = "Whose plays are kept, by id. A public listener's page is open to everybody, without recent plays, clock and status."
  type = map(object({
    time_zone = string
    public    = optional(bool, false)
  }))
  default  = { me = { time_zone = "America/Los_Angeles" } }
  nullable = false

  validation {
    condition     = length(var.listeners) > 0
    error_message = "There has to be a listener: { me = { time_zone = \"Europe/Berlin\" } }."
  }

  validation { # as shared/listener has it: ids become parts of object and secret names
    condition     = alltrue([for id in keys(var.listeners) : can(regex("^[a-z][a-z0-9-]{0,30}$", id))])
    error_message = "A listener's id is a small letter, then up to 30 small letters, digits and dashes; not so: ${join(", ", [for id in keys(var.listeners) : "\"${id}\"" if !can(regex("^[a-z][a-z0-9-]{0,30}$", id))])}."
  }

  validation {
    condition     = alltrue([for l in values(var.listeners) : can(regex(local.time_zone, l.time_zone))])
    error_message = "A listener's time_zone is a name such as Europe/Berlin or UTC; not so: ${join(", ", [for id, l in var.listeners : "${l.time_zone} of ${id}" if !can(regex(local.time_zone, l.time_zone))])}."
  }
}

variable "lake_bucket" {
  description = "Name of the lake's bucket, unique in the whole world; by default PROJECT-spotify-lake."
  type        = string
  default     = null

  validation {
    condition = var.lake_bucket == null ? true : (
      can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.lake_bucket)) &&
      !startswith(var.lake_bucket, "goog") && !strcontains(var.lake_bucket, "google")
    )
    error_message = "The lake's bucket needs a name of 3 to 63 small letters, digits, dashes and underscores that begins and ends with a letter or digit and has no \"google\" in it. Names are shared with the whole world: one that is taken is refused when it is made."
  }
}

variable "dataset" {
  description = "BigQuery dataset of the tables and views."
  type        = string
  default     = "spotify_insights"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_]{1,100}$", var.dataset))
    error_message = "\"${var.dataset}\" is no dataset name: use letters, digits and underscores."
  }
}

variable "feature_providers" {
  description = "Who is asked for the audio features of tracks, in this order; [] asks nobody. They get ids of tracks, and nothing else."
  type        = list(string)
  default     = ["spotify", "reccobeats"]
  nullable    = false

  validation {
    condition = (
      alltrue([for name in var.feature_providers : can(regex("^[a-z]+$", name))]) &&
      length(distinct(var.feature_providers)) == length(var.feature_providers)
    )
    error_message = "feature_providers is a list of names in small letters, each once, such as [\"spotify\", \"reccobeats\"]; not so: ${jsonencode(var.feature_providers)}."
  }
}

variable "deletion_protection" {
  description = "Keep the lake and the tables whatever happens. Set it to false, and apply, before they are to be destroyed."
  type        = bool
  default     = true
  nullable    = false
}

variable "maximum_bytes_billed" {
  description = "What one query may be billed for, in bytes. A query that would read more fails and costs nothing."
  type        = number
  default     = 21474836480 # 20 GiB: twelve cents
  nullable    = false

  validation {
    condition     = var.maximum_bytes_billed >= 104857600 && floor(var.maximum_bytes_billed) == var.maximum_bytes_billed
    error_message = "maximum_bytes_billed is a whole number of bytes, at least 104857600 (100 MiB): BigQuery bills at least 10 MiB for each table of a query."
  }
}
