#!/bin/bash
# Install, fill and serve a real Tryton 6.0 (Debian's packages) with the demo
# merchant, on loopback. It stays in the foreground; SIGTERM, SIGINT or the end
# of its standard input (with --with-parent) stop it.
#
#   up.sh [options] FOLDER
#     FOLDER           configuration, database and logs live here (created)
#     --cache FOLDER   where the merchant as first made is kept, for any number
#                      of folders                             (default: FOLDER)
#     --port N         of HTTP on 127.0.0.1; 0 takes a free one   (default 18000)
#     --postgres URI   postgresql://user:pw@host:port of a server on which the
#                      user may create databases                (default: SQLite)
#     --reset          begin again from the merchant as first made
#     --no-install     never call apt-get
#     --with-parent    stop when standard input ends: whoever started this is gone
#
# A folder that was used before is used as it is. The merchant as first made is
# kept, so that --reset takes seconds; it is made again when this script or
# seed.py changed, and once a month, since its sample documents have dates
# counted from the day it was made. Once the server answers, one line says so:
#   ready http://127.0.0.1:PORT/
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=18000 postgres='' reset=0 install=1 with_parent=0 folder='' cache=''
while [ $# -gt 0 ]; do
    case $1 in
    --port) port=$2; shift 2 ;;
    --cache) cache=$2; shift 2 ;;
    --postgres) postgres=${2%/}; shift 2 ;;
    --reset) reset=1; shift ;;
    --no-install) install=0; shift ;;
    --with-parent) with_parent=1; shift ;;
    -h | --help) sed -n '2,24p' "$0"; exit 0 ;;
    -*) echo "unknown option $1" >&2; exit 2 ;;
    *) folder=$1; shift ;;
    esac
done
[ -n "$folder" ] || { echo "usage: up.sh [options] FOLDER" >&2; exit 2; }
case $port in *[!0-9]* | '') echo "bad port: $port" >&2; exit 2 ;; esac

# Modules to activate; what they need comes along.
modules=(sale_price_list sale_credit_limit sale_complaint sale_history
    sale_product_customer sale_shipment_cost account_payment_clearing
    account_statement)
packages=(tryton-server tryton-proteus python3-tz python3-dateutil)
for module in "${modules[@]}"; do
    packages+=("tryton-modules-${module//_/-}")
done
if [ -n "$postgres" ]; then packages+=(python3-psycopg2); fi

python=/usr/bin/python3     # the distribution's, which has the trytond package
database=comptoir
export PYTHONWARNINGS=ignore

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$install" = 0 ] || [ "$(id -u)" != 0 ]; then
        echo "Tryton is not installed. As root:" \
            "apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    take=(apt-get install -y --no-install-recommends "${missing[@]}")
    "${take[@]}" >&2 || { apt-get update >&2 && "${take[@]}" >&2; }
fi

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
exec 9>"$folder/lock"
flock -n 9 || { echo "$folder is in use by another Tryton" >&2; exit 1; }
cache=${cache:-$folder}
mkdir -p "$folder/db" "$cache"

# Long steps run as a child that is waited for, so that a signal is answered at
# once: step LOGFILE COMMAND...
child=''
step() {
    local log=$1 code=0
    shift
    "$@" >"$log" 2>&1 &
    child=$!
    wait "$child" || code=$?
    child=''
    if [ "$code" != 0 ]; then
        tail -20 "$log" >&2
        exit 1
    fi
}

stop() {
    trap - TERM INT EXIT
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    fi
}
trap 'stop; exit 0' TERM INT
trap stop EXIT
if [ "$with_parent" = 1 ]; then
    exec 3<&0
    (cat <&3 >/dev/null; kill -TERM $$ 2>/dev/null) 9>&- &
fi

if [ "$port" = 0 ]; then
    port=$("$python" -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
elif "$python" -c 'import socket, sys
sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) != 0)' "$port"; then
    echo "port $port is in use" >&2      # another server there would look like ours
    exit 1
fi

config=$folder/trytond.conf
(umask 077 && : >"$config")     # the URI may hold a password
cat >"$config" <<END
[web]
listen = 127.0.0.1:$port
[database]
uri = ${postgres:-sqlite://}
path = $folder/db
language = en
[password]
passlib = $folder/passlib.conf
END
# Everybody knows the demo's passwords, so checking one need not take a quarter of
# a second: every connection signs in.
cat >"$folder/passlib.conf" <<END
[passlib]
schemes = pbkdf2_sha512, bcrypt
pbkdf2_sha512__rounds = 1000
END
export TRYTOND_CONFIG=$config
unset TRYTOND_DATABASE_URI

# sql STATEMENT: in the maintenance database of the PostgreSQL server
sql() {
    "$python" - "$postgres" "$1" <<'END'
import sys
from urllib.parse import unquote, urlparse
import psycopg2
uri = urlparse(sys.argv[1])
connection = psycopg2.connect(dbname='postgres', user=uri.username,
    password=uri.password and unquote(uri.password),
    host=unquote(uri.netloc.rsplit('@')[-1].split(':')[0]),
    port=uri.port or 5432)
connection.autocommit = True
cursor = connection.cursor()
cursor.execute(sys.argv[2])
if cursor.description and cursor.fetchone():
    print('yes')
END
}

# The merchant as first made carries what it was made from in its name.
mark=$(cat "$here/up.sh" "$here/seed.py" | sha256sum | cut -c1-12)_$(date +%Y_%m)
pristine=pristine_$mark

exists() {
    if [ -n "$postgres" ]; then
        [ -n "$(sql "SELECT 1 FROM pg_database WHERE datname = '$1'")" ]
    elif [ "$1" = "$pristine" ]; then
        [ -f "$cache/$pristine.sqlite" ]
    else
        [ -f "$folder/db/$1.sqlite" ]
    fi
}

# A half-made database must never be taken for a finished one, so it gets its
# name at the end.
make_pristine() {
    if [ -n "$postgres" ]; then
        sql "DROP DATABASE IF EXISTS making"
        sql "CREATE DATABASE making TEMPLATE template0 ENCODING 'UTF8'"
    else
        rm -f "$folder"/db/making.sqlite*
        : >"$folder/db/making.sqlite"
    fi
    # It asks nothing when --email is given and TRYTONPASSFILE names a file.
    (umask 077 && "$python" -c 'import secrets
print(secrets.token_urlsafe(24))' >"$folder/admin-password")
    step "$folder/modules.log" env TRYTONPASSFILE="$folder/admin-password" \
        trytond-admin -c "$config" -d making -u ir res "${modules[@]}" \
        --activate-dependencies --email admin@example.com -l en fr
    step "$folder/seed.log" "$python" "$here/seed.py" --config "$config" --database making
    if [ -n "$postgres" ]; then
        sql "ALTER DATABASE making RENAME TO $pristine"
    else
        rm -f "$cache"/pristine_*.sqlite
        cp "$folder/db/making.sqlite" "$cache/copy.$$"
        mv "$cache/copy.$$" "$cache/$pristine.sqlite"
        rm -f "$folder"/db/making.sqlite*
    fi
}

if [ "$reset" = 1 ] || ! exists "$database"; then
    # Several folders can share a cache: one makes, the others wait.
    exec 8>"$cache/making.lock"
    step /dev/null flock 8
    exists "$pristine" || make_pristine
    if [ -n "$postgres" ]; then
        sql "DROP DATABASE IF EXISTS $database"
        sql "CREATE DATABASE $database TEMPLATE $pristine"
    else
        rm -f "$folder/db/$database.sqlite"*
        cp "$cache/$pristine.sqlite" "$folder/db/copy.sqlite"
        mv "$folder/db/copy.sqlite" "$folder/db/$database.sqlite"
    fi
    exec 8>&-
fi

"$python" /usr/bin/trytond -c "$config" -d "$database" >>"$folder/trytond.log" 2>&1 &
child=$!
for _ in $(seq 1 600); do
    if ! kill -0 "$child" 2>/dev/null; then
        tail -20 "$folder/trytond.log" >&2
        exit 1
    fi
    if "$python" - "$port" <<'END' 2>/dev/null
import json, sys, urllib.request
request = urllib.request.Request('http://127.0.0.1:%s/' % sys.argv[1],
    json.dumps({'id': 0, 'method': 'common.server.version',
        'params': []}).encode(), {'Content-Type': 'application/json'})
json.load(urllib.request.urlopen(request, timeout=5))['result']
END
    then
        echo "ready http://127.0.0.1:$port/"
        code=0
        wait "$child" || code=$?
        child=''
        exit "$code"
    fi
    sleep 0.1
done
echo "no answer on port $port" >&2
exit 1
