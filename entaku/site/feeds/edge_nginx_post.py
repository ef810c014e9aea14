"""nginx: POST, as ckanapi asks by default.

nginx reads a body only for someone behind it.  So it asks itself again, by GET, with what the body asked for; a body
that says anything but what files can answer becomes an argument that is refused.
"""

ASIDE = (
    r'(?:"(?:include_(?:users|followers|password_hash|dataset_count|extras|groups|tags)|use_default_schema)"'
    r'\s*:\s*(?:true|false|null)|"include_[a-z_]+"\s*:\s*(?:false|null))'
)
"""A pair that changes nothing."""
LISTED = rf'(?:{ASIDE}|"all_fields"\s*:\s*(?:true|false|null)|"(?:limit|offset|sort|q|query)"\s*:\s*null)'
SEARCHED = (
    r'(?:"(?:rows|start)"\s*:\s*(?:"[0-9]+"|[0-9]+)|"sort"\s*:\s*(?:"(?:id asc)?"|null)'
    r'|"(?:q|fq)"\s*:\s*(?:"(?:\*:\*)?"|null)|"facet"\s*:\s*(?:true|false|"true"|"false")|"facet.field"\s*:\s*\[\s*\]'
    r'|"(?:include_(?:private|drafts|deleted)|use_default_schema)"\s*:\s*(?:true|false|null))'
)

POST_HTTP = r"""
# The body of a POST as the arguments of a GET.  `posted` is no argument of anything, so it is refused.
map $request_uri $entaku_action {
    "~^[^?]*/api/(?:3/)?(?:action|posted)/(?<entaku_asked>[a-z_]+)(?:[?]|$)" $entaku_asked;
    default help_show;
}
map "$request_method $uri" $entaku_post {
    "~^POST .*/api/(?:3/)?action/[a-z_]+$" 1;
    default "";
}
map $server_addr $entaku_self {
    "~:" "[$server_addr]";
    default $server_addr;
}
map $request_body $entaku_posted_id {
    "" "";
    '~^\s*\{\s*\}\s*$' "";
    '~^\s*\{\s*(?:%(aside)s\s*,\s*)*"id"\s*:\s*"(?<entaku_body_id>%(id)s)"\s*(?:,\s*%(aside)s\s*)*\}\s*$' id=$entaku_body_id;
    '~^\s*\{\s*"id"\s*:\s*"[^"]+"\s*\}\s*$' id=-;
    default id=-&posted;
}
map $request_body $entaku_posted_fields {
    '~"all_fields"\s*:\s*true' all_fields=true;
    default "";
}
map $request_body $entaku_posted_list {
    "" "";
    '~"all_fields".*"all_fields"' posted;
    '~^\s*\{\s*(?:%(listed)s(?:\s*,\s*%(listed)s)*)?\s*\}\s*$' $entaku_posted_fields;
    default posted;
}
map $request_body $entaku_posted_rows {
    '~"rows"\s*:\s*"?(?<entaku_body_rows>[0-9]+)' $entaku_body_rows;
    default "";
}
map $request_body $entaku_posted_start {
    '~"start"\s*:\s*"?(?<entaku_body_start>[0-9]+)' $entaku_body_start;
    default "";
}
map $request_body $entaku_posted_search {
    "" "";
    '~"(rows|start|q|fq|sort)".*"\1"' posted;
    '~^\s*\{\s*(?:%(searched)s(?:\s*,\s*%(searched)s)*)?\s*\}\s*$' rows=$entaku_posted_rows&start=$entaku_posted_start;
    default posted;
}
map $entaku_action $entaku_posted {
    package_search $entaku_posted_search;
    help_show posted;
    "~_show$" $entaku_posted_id;
    default $entaku_posted_list;
}
"""

POST_SERVER = """
if ($entaku_post) { rewrite ^ %(prefix)s/api/3/post last; }
location = %(prefix)s/api/3/post {
    internal;
    client_max_body_size 8k;  # what is longer than the buffer would look like no body at all
    client_body_buffer_size 16k;
    client_body_in_single_buffer on;
    proxy_pass $scheme://$entaku_self:$server_port%(prefix)s/api/3/posted/$entaku_action;
    proxy_method GET;
    proxy_pass_request_body off;
    proxy_pass_request_headers off;
    proxy_set_header Host $http_host;
    proxy_set_header Content-Length "";
    proxy_set_header X-Entaku-Arguments $entaku_posted;
    proxy_ssl_server_name on;
    proxy_ssl_name $host;
%(hidden)s}
location ~ ^%(prefix)s/api/3/posted/(?<entaku_from_post>[a-z_]+)$ {
    rewrite ^ %(prefix)s/api/3/action/$entaku_from_post?$http_x_entaku_arguments? last;
}
"""
