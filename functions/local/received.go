package main

import (
	"errors"
	"io"
	"net/http"
	"time"

	"spotify-insights.internal/shared/faults"
)

// uploadPause is the longest that the sender of an upload may send nothing.
const uploadPause = time.Minute

// cutUpload classifies the error of an upload that was not received to its end.
func cutUpload(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge()
	}
	return faults.New(faults.Invalid, "Upload it again.", "the upload was not received to its end: %w", err)
}

// patientBody lets a large upload take longer than the server's limit for a request, as long as it goes on.
type patientBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	if err := b.connection.SetReadDeadline(time.Now().Add(uploadPause)); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}

// received keeps the error of what a sender sends, apart from the errors of storing it.
type received struct {
	io.Reader
	err error
}

func (r *received) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
