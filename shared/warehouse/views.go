package warehouse

// View is one of the dataset's views.
type View struct{ Name, Query string }

// Views returns the views of a dataset. Each one reads only tables and views before it.
func Views(dataset string) ([]View, error) {
	var views []View
	for _, name := range []string{"features", "listening_history", "gaps", "open_gaps", "load_counts"} {
		query, err := render("views/"+name, values{Dataset: dataset})
		if err != nil {
			return nil, err
		}
		views = append(views, View{name, query})
	}
	return views, nil
}
