variable "budget" {
  description = "A mail to the billing account's administrators, and to `alert_email`, when the costs of a month reach half and all of an amount: `{ billing_account = \"012345-6789AB-CDEF01\", amount = 5 }`. It stops nothing."
  type = object({
    billing_account = string
    amount          = number           # per month, in whole units of the currency
    currency        = optional(string) # by default that of the billing account
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "A budget's billing_account is an id such as 012345-6789AB-CDEF01, as `gcloud billing accounts list` shows it."
  }

  validation {
    condition     = var.budget == null ? true : var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount
    error_message = "A budget's amount is a whole number of at least 1, such as 5 for five dollars a month."
  }
}

resource "google_billing_budget" "month" {
  count = var.budget == null ? 0 : 1

  billing_account = var.budget.billing_account
  display_name    = "Spotify Insights (${var.project})"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"] # the API answers with numbers
  }
  amount {
    specified_amount {
      units         = tostring(var.budget.amount)
      currency_code = var.budget.currency
    }
  }
  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1
  }
  dynamic "all_updates_rule" {
    for_each = length(local.mail) == 0 ? [] : [local.mail]
    content {
      monitoring_notification_channels = all_updates_rule.value
    }
  }

  depends_on = [time_sleep.services]
}
