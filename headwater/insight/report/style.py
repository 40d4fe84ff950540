"""How the report looks, and the little that moves in it."""

_DARK = """
--paper:#0e1318;--card:#161d24;--ink:#e6ebf0;--soft:#9caab8;--line:#2a343f;--faint:#1c252e;--accent:#4fd1c1;
--bad:#ff7b7b;--bad-soft:#43191c;--warn:#f0b95b;--warn-soft:#3a2c10;--pink:#f08cc0;--orange:#f5a66a;--blue:#7fb2ff;
--green:#74d08c;--violet:#b79bff;--gray:#9aa7b4;color-scheme:dark;
"""
STYLE = (
    """
:root{--paper:#f7f8fa;--card:#fff;--ink:#17202b;--soft:#52606f;--line:#dde2e8;--faint:#eef1f4;--accent:#0f766e;
--bad:#c0262d;--bad-soft:#fde7e7;--warn:#8a5a00;--warn-soft:#fdf0d5;--pink:#b4236f;--orange:#b45309;--blue:#1d5fbf;
--green:#1a7f37;--violet:#6d3fc0;--gray:#5b6673;color-scheme:light;
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
@media (prefers-color-scheme:dark){:root{"""
    + _DARK
    + """}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink)}
main{max-width:1240px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0;letter-spacing:-.01em}header p,.hint{color:var(--soft);margin:4px 0}
h2{font-size:16px;margin:34px 0 10px}h3{font-size:13px;color:var(--soft);margin:14px 0 6px}
.count{font-size:12px;color:var(--soft);background:var(--faint);border-radius:99px;padding:1px 8px}
code,pre{font:12.5px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--faint);border:1px solid var(--line);border-radius:8px;padding:10px;overflow:auto;
white-space:pre-wrap;overflow-wrap:anywhere}
a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
b.bad{color:var(--bad)}b.warn{color:var(--warn)}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:10px;padding:0;
margin:22px 0 0}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px;color:var(--soft)}
.tiles b{display:block;font-size:22px;color:var(--ink);font-variant-numeric:tabular-nums}
.tiles .bad{background:var(--bad-soft);border-color:var(--bad)}.tiles .bad b{color:var(--bad)}
.tiles .warn{background:var(--warn-soft)}.tiles .warn b{color:var(--warn)}
.tiles .bad,.tiles .warn{color:var(--ink)}
.scroller{overflow-x:auto;border:1px solid var(--line);border-radius:10px;background:var(--card)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{text-align:left;font-size:12px;color:var(--soft);background:var(--faint);padding:7px 12px;white-space:nowrap}
td{padding:7px 12px;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:6px 10px;width:min(360px,100%);margin-bottom:8px}
.trace{background:var(--card);border:1px solid var(--line);border-left:3px solid var(--accent);border-radius:8px;
margin:6px 0;padding:0 12px 6px}
.trace.bad{border-left-color:var(--bad)}.trace.warn{border-left-color:var(--warn)}
.trace>summary{padding:8px 0 2px;cursor:pointer;overflow-wrap:anywhere}.when{color:var(--soft);float:right}
.fall{overflow-x:auto;padding-bottom:8px}
.span{display:grid;grid-template-columns:minmax(300px,5fr) 84px minmax(160px,4fr);gap:10px;padding:2px 0;
border-top:1px solid var(--faint);align-items:start;min-width:600px}
.span>:first-child{padding-left:calc(var(--deep)*14px);overflow-wrap:anywhere}.span summary{cursor:pointer}
.took{text-align:right;color:var(--soft);font-variant-numeric:tabular-nums}
.lane{position:relative;height:12px;margin-top:4px;background:var(--faint);border-radius:4px}
.lane i{position:absolute;top:0;bottom:0;border-radius:4px;background:var(--blue);min-width:2px}
.lane .delivery{background:var(--accent)}.lane .bad{background:var(--bad)}.lane .warn{background:var(--warn)}
dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:4px 0 8px 14px;font-size:12.5px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
.picture{overflow:auto;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:6px}
.box rect{fill:var(--paper);stroke:var(--line)}.box .stripe{fill:var(--own);stroke:none}
.box.stuck rect{stroke:var(--bad)}.box text{fill:var(--ink);font-size:12.5px}
.box .under{fill:var(--soft);font-size:10.5px}
.edge{fill:none;stroke:var(--gray);stroke-opacity:.65;stroke-width:1.3}.edge.call{stroke-dasharray:4 3}
.edge.dead{stroke:var(--bad)}
@media (max-width:700px){.when{float:none;display:block}}
@media print{.trace:not([open]){break-inside:avoid}input{display:none}}
"""
)
SCRIPT = """
const open=()=>{const at=document.getElementById(decodeURIComponent(location.hash.slice(1)));
if(at&&at.tagName==='DETAILS'){at.open=true;at.scrollIntoView()}};
addEventListener('hashchange',open);open();
document.getElementById('search')?.addEventListener('input',event=>{const text=event.target.value.toLowerCase();
for(const each of document.querySelectorAll('.trace'))each.hidden=!each.textContent.toLowerCase().includes(text)});
"""
