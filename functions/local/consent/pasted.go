package consent

import (
	"net/url"
	"strings"

	"spotify-insights.internal/shared/faults"
)

// pasted reads Spotify's answer from a text that a person has copied: the address of the page that the browser could not
// open, or the end of it. The error does not repeat the text, because it may contain the code.
func pasted(text string) (url.Values, error) {
	text = strings.Trim(strings.TrimSpace(text), `"'<>`)
	_, query, _ := strings.Cut(text, "?")
	query, _, _ = strings.Cut(query, "#")
	answer, err := url.ParseQuery(query)
	if err != nil || answer.Get("state") == "" || answer.Get("code") == "" && answer.Get("error") == "" {
		return nil, faults.New(faults.Invalid, "Agree on Spotify's page, and copy the whole address of the page that then cannot be opened: it begins with "+RedirectURL+"?",
			"this is not the address that Spotify sends the browser to")
	}
	return answer, nil
}
