module github.com/yunjian-io/yunjian

go 1.26.0
