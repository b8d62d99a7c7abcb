module github.com/yunjian-io/yunjian

go 1.26.0

require (
	github.com/golang/snappy v1.0.0
	google.golang.org/protobuf v1.36.12
)

require github.com/google/go-cmp v0.7.0
