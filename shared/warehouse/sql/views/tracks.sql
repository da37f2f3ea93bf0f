{{template "tracks" .}}
