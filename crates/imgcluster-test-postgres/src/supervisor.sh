# Keeps a PostgreSQL server for the process at the other end of standard input, takes its orders
# line by line, and answers each with an exit status. When that process is gone, however it went,
# the server is stopped and its folder removed.
# usage: sh -c SCRIPT supervisor PROGRAMS FOLDER
programs=$1
folder=$2
# Nothing but the end of standard input ends this.
trap '' HUP INT TERM PIPE
umask 077
cd "$folder" || exit 1

create() {
  printf '%s\n' "$1" >password &&
    "$programs/initdb" --pgdata=data --username=postgres --pwfile=password \
      --auth=scram-sha-256 --encoding=UTF8 --locale="$2" --no-sync
}

while read -r order argument; do
  case $order in
    create)
      # C.UTF-8 is not everywhere.
      create "$argument" C.UTF-8 || { rm -rf data && create "$argument" C; } &&
        rm password && cat settings >>data/postgresql.conf ;;
    start) "$programs/pg_ctl" --pgdata=data --log=log --options="-p $argument" --wait start ;;
    stop) "$programs/pg_ctl" --pgdata=data --mode="$argument" --wait stop ;;
  esac >>log 2>&1 </dev/null
  echo $?
done

"$programs/pg_ctl" --pgdata=data --mode=immediate --wait stop >/dev/null 2>&1
cd / && rm -rf "$folder"
