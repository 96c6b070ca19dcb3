"""The report's one style sheet: light and dark by the reader's system, from a phone to a wide screen."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1c1d20; --soft: #5d6068; --line: #e3e0d8;
  --model: #0e6f5c; --other: #b9b5aa; --loss: #b4552d; --hover: rgb(14 111 92 / 12%); }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15171a; --card: #1d2024; --ink: #eceae4; --soft: #a3a6ad; --line: #32363c;
  --model: #56c2a6; --other: #5d6169; --loss: #e08a5f; --hover: rgb(86 194 166 / 16%); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.6; word-break: keep-all;
  overflow-wrap: anywhere; font: 15px/1.6 Pretendard, "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR",
  "Malgun Gothic", system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem clamp(1rem, 4vw, 2.5rem) 4rem; }
header p, .note, caption { color: var(--soft); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1rem 0 0.25rem; }
h2 { font-size: 1.2rem; margin: 0 0 0.75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 0.5rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; margin: 1rem 0;
  padding: clamp(1rem, 3vw, 1.5rem); }
.lang { position: absolute; opacity: 0; }
nav { display: flex; gap: 0.25rem; justify-content: flex-end; padding: 0.75rem clamp(1rem, 4vw, 2.5rem) 0; }
nav label { border: 1px solid var(--line); border-radius: 999px; padding: 0.1rem 0.8rem; cursor: pointer;
  color: var(--soft); }
#ko:checked ~ nav [for="ko"], #en:checked ~ nav [for="en"] { background: var(--ink); color: var(--paper); }
#ko:focus-visible ~ nav [for="ko"], #en:focus-visible ~ nav [for="en"] { outline: 3px solid var(--model); }
#ko:checked ~ main .en, #en:checked ~ main .ko { display: none; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 1rem 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 0.75rem 1rem; }
.tiles dt { color: var(--soft); font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.45rem; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tiles small { display: block; color: var(--soft); font-size: 0.8rem; }
.pair { display: grid; gap: 0 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
table.figures { max-width: 40rem; }
table.figures th, table.figures td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: right;
  white-space: nowrap; }
table.figures th:first-child { text-align: left; }
table.figures .words { white-space: normal; min-width: 12rem; }
@media (max-width: 40rem) {
  table.figures th, table.figures td { padding: 0.3rem 0.25rem; font-size: 0.85rem; white-space: normal;
    overflow-wrap: break-word; }
  table.figures .words { min-width: 4rem; }
  table.figures td:last-child { word-break: normal; } }
table.figures thead th { color: var(--soft); font-weight: 500; }
.bars th { font-weight: 400; text-align: left; padding: 0.15rem 0.75rem 0.15rem 0; width: 16%; max-width: 0;
  line-height: 1.3; }
.pair .bars th { width: 26%; }
.bars .plot { min-width: 4rem; }
@media (max-width: 40rem) { .bars th, .pair .bars th { width: 40%; } .bars .plot { min-width: 1.5rem; } }
.bars .value { text-align: right; padding-left: 0.75rem; width: 1%; min-width: 4rem; white-space: nowrap;
  color: var(--soft); }
.bars svg { display: block; width: 100%; height: 0.8rem; }
.bars rect { fill: var(--model); }
.bars .other rect, .bars .less rect, .bars .whole rect { fill: var(--other); }
.bars .other th { color: var(--soft); padding-left: 1rem; }
.bars .model .value { color: var(--ink); }
.curve { display: grid; grid-template-columns: auto 1fr; gap: 0.25rem 0.5rem; }
.curve svg { width: 100%; height: 16rem; display: block; }
.curve .y, .curve .x { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.8rem; }
.curve .y { flex-direction: column; text-align: right; margin: -0.6rem 0; }
.curve .x { grid-column: 2; }
.line { fill: none; stroke: var(--model); stroke-width: 2; vector-effect: non-scaling-stroke; }
.grid { stroke: var(--line); vector-effect: non-scaling-stroke; }
.strip { fill: transparent; }
.strip:hover { fill: var(--hover); }
article { border-top: 1px solid var(--line); padding: 0.75rem 0; }
article p { white-space: pre-wrap; margin: 0.25rem 0; unicode-bidi: isolate; }
article .given { color: var(--soft); }
article mark { background: var(--hover); color: inherit; border-radius: 3px; }
details { color: var(--soft); }
.columns { width: 100%; height: 5rem; display: block; border-bottom: 1px solid var(--line); }
.columns .model { fill: var(--model); }
.columns .other { fill: var(--other); }
.columns .loss { fill: var(--loss); }
.limit { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; }
.bars .loss rect { fill: var(--loss); }
.ends { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.8rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; color: var(--soft); font-size: 0.85rem; }
.legend i { display: inline-block; width: 0.7em; height: 0.7em; border-radius: 2px; margin-right: 0.35em; }
.legend .model { background: var(--model); }
.legend .other { background: var(--other); }
.legend .loss { background: var(--loss); }
.trio { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
.trio h3 { margin: 0.25rem 0 0; font-weight: 500; font-size: 0.95rem; }
.trio .note { margin: 0; font-size: 0.85rem; }
.beside { display: grid; gap: 0.75rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  border-top: 1px solid var(--line); padding: 0.75rem 0; }
.beside div { min-width: 0; }
.beside p { white-space: pre-wrap; margin: 0.25rem 0; unicode-bidi: isolate; }
.beside .went { border-left: 3px solid var(--loss); padding-left: 0.75rem; }
.beside .stays { border-left: 3px solid var(--model); padding-left: 0.75rem; }
code { font-size: 0.85em; }
summary { cursor: pointer; }
"""
