# title: have the host load a class or follow a path
# class: results
# tries: to name Java classes, files and addresses in a result, as readers of other libraries take them
# success: the host fails
# witness: host
# harmless: on bare Python there is no host that reads a result
# bare: harmless
# process: contained
# bubblewrap: contained
# podman: contained

{
    "@class": "java.net.URL",
    "@type": "com.sun.rowset.JdbcRowSetImpl",
    "$type": "file",
    "path": "../../../../etc/passwd",
    "$ref": "http://127.0.0.1:1/",
    "__proto__": {"x": 1},
}
