# Stands for the health page of a service: a service with no workers answers nobody.
if grep -q '^workers = 0$' live/app.conf; then
  echo "red: there are no workers"
else
  echo "green"
fi
