from bench import environments, decode, results
from bench.frames import events
import sys, tempfile, pathlib
environments.ready()
d=pathlib.Path(tempfile.mkdtemp())/'ev'; d.write_bytes(b"\n".join(events(20000)))
c=decode.measure(d, decode.QUICK, frozenset(decode.CONTENDERS)-{'fastpoly_'})
for x in c: print(x['task'],x['per_frame'],x['contender'],x['ns_per_event'])
print(results.versions(), results.machine())
