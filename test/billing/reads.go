package billing

import "spotify-insights.internal/shared/warehouse"

// read is the columns of one table that a statement reads, directly or through views.
type read struct {
	table     string
	columns   string // names with a space between them
	since     string // the parameter that played_at is compared with, which limits the months; "" for all months
	rewritten bool   // the statement changes or deletes rows of the table
}

// anyTable stands for the table that the text of a DELETE names.
const anyTable = "(any)"

// statements are the reads of each statement. A test compares them with the texts that are sent.
var statements = map[string][]read{
	"empty": {
		{table: anyTable, rewritten: true},
	},
	"forget": {
		{table: anyTable, rewritten: true},
	},
	"export_listens": {
		{table: warehouse.Listens, since: "since", columns: "listener played_at track_id ms_played ms_measured told_by follows_gap reason_end"},
	},
	"export_tracks": {
		{table: warehouse.Listens, columns: "listener track_id"},
		{table: warehouse.Tracks, columns: "track_id track_name artists artist_name artist_id album album_id album_artist isrc duration_ms spotify_url image_url"},
		{table: warehouse.AudioFeatures, columns: "track_id found danceability energy key loudness mode speechiness acousticness " +
			"instrumentalness liveness valence tempo time_signature fetched_at object"},
	},
	"load_status": {
		{table: warehouse.Loads, columns: "object kind listener rows_read rejected oldest newest fetched_at loaded_at error"},
	},
	"rejected_items": {
		{table: warehouse.Plays, columns: "listener reject_reason item"},
	},
	"missing_features": {
		{table: warehouse.AudioFeatures, columns: "track_id found fetched_at"},
		{table: warehouse.Tracks, columns: "track_id"},
	},
	"gaps": {
		{table: warehouse.Listens, columns: "listener played_at follows_gap"},
		{table: warehouse.Loads, columns: "object kind listener rows_read oldest newest error"},
	},
	"imports": {
		{table: warehouse.Loads, columns: "object kind listener rows_read oldest newest loaded_at error manifest"},
		{table: warehouse.Plays, columns: "listener played_at track_id source ingested_at object row_index reject_reason"},
	},
	"rebuild_top_ten": {
		{table: warehouse.TopTen, rewritten: true},
		{table: warehouse.Listens, columns: "listener played_at track_id ms_played"},
		{table: warehouse.Tracks, columns: "track_id track_name artists spotify_url image_url"},
		{table: warehouse.AudioFeatures, columns: "track_id found danceability energy valence fetched_at object"},
	},
	"receipts": {
		{table: warehouse.Loads, columns: "object generation kind row_version rows_read loaded_at error"},
	},
	"refresh_listens": {
		{table: warehouse.Listens, columns: "listener played_at", since: "from", rewritten: true},
		{table: warehouse.Loads, columns: "listener kind oldest fetched_at full_page error"},
		{table: warehouse.Plays, since: "read_from", columns: "listener played_at track_id duration_ms ms_played context_uri source " +
			"reason_end shuffle skipped offline ingested_at reject_reason"},
	},
	"refresh_tracks": {
		{table: warehouse.Tracks, columns: "track_id precedence", rewritten: true},
		{table: warehouse.Plays, since: "from", columns: "played_at track_id track_name artists artist_name artist_id album album_id album_artist isrc " +
			"listener duration_ms ms_played spotify_url image_url source ingested_at file row_index reject_reason"},
	},
}
