/* chromium_script.h: what we run inside the page, in an isolated world: the creative's own script is off and cannot see it.
 * Included by chromium_page.c only. Events and promises do not run there while script is off, so everything is asked for.
 *
 *   start(css)        our rules; the served body is number 0
 *   add([html …])     further bodies
 *   preload([url …])  pictures that style sheets may want, so that they are there when a body needs them
 *   state()           is everything loaded? and which pictures broke: [number, address]
 *   check(w)          [number, kind, words]: 1 alone, 2 text is cut off
 *   finish(drop, h)   takes the dropped bodies out, marks where each begins */
#pragma once

static const char chromium_script[] =
    "(()=>{'use strict';\n"
    "const pp=globalThis.pp={bodies:[],kept:[]};\n"
    "const name=e=>{let s=e.localName;if(e.id)s+='#'+e.id;else if(typeof e.className=='string'&&e.className.trim())\n"
    "  s+='.'+e.className.trim().split(/\\s+/)[0];return s.replace(/[^\\w.#-]/g,'?').slice(0,60)};\n"
    "const px=n=>n.toFixed(1)+' px';\n"
    "const eager=root=>{for(const i of root.querySelectorAll('[loading]'))i.setAttribute('loading','eager')};\n"
    "pp.start=css=>{const s=document.createElement('style');s.textContent=css;document.documentElement.append(s);\n"
    "  if(!document.body||document.body.localName!='body')return 'has no <body>';\n"
    "  eager(document);pp.bodies=[document.body];return ''};\n"
    "pp.add=list=>{const p=new DOMParser(),type=document.compatMode=='CSS1Compat'?'<!DOCTYPE html>':'';\n"
    "  for(const html of list){const d=p.parseFromString(type+html,'text/html');eager(d);\n"
    "    const b=document.importNode(d.body,true);document.documentElement.append(b);pp.bodies.push(b)}};\n"
    "pp.preload=list=>{for(const u of list){const i=new Image();i.src=u;pp.kept.push(i)}};\n"
    "pp.state=()=>{let left=0;const broken=[];document.documentElement.offsetHeight;\n"
    "  pp.bodies.forEach((b,k)=>{for(const i of b.querySelectorAll('img')){if(!i.complete)left++;\n"
    "    else if(i.currentSrc&&!i.naturalWidth)broken.push([k,i.currentSrc.slice(0,300)])}});\n"
    "  for(const i of pp.kept)if(!i.complete)left++;\n"
    "  return {left,fonts:document.fonts.status=='loaded',broken}};\n"
    /* What one body brings that reaches beyond it: sheets, shared ids of drawings, things painted on every page. */
    "const sheets=b=>[...b.querySelectorAll('style,link,base,meta')].map(e=>e.outerHTML).join('');\n"
    "const drawn=b=>{const m=new Map();for(const e of b.querySelectorAll('svg [id],svg[id]'))m.set(e.id,e.outerHTML);return m};\n"
    "const stranger=(b,first)=>{if(sheets(b)!=first.sheets)return 'has a style sheet of its own';\n"
    "  for(const [id,html] of drawn(b))if(first.drawn.has(id)?first.drawn.get(id)!=html:true)return 'draws its own #'+id.slice(0,40);\n"
    "  if(getComputedStyle(b).backgroundColor!=first.color)return 'has a background of its own';return ''};\n"
    /* A selector that looks past its body (body ~ body, :root:has(…)) would make one person's page depend on the next person: what such
     * selectors match in a body here must be what they match where that body is alone. Sheets that cannot be read count as such. */
    "const looking=()=>{const out=[],past=/[~+]|:has\\(|:(nth|first|last|only)-/;\n"
    "  const look=(rules,parent)=>{for(const r of rules){let s=r.selectorText||'';\n"
    "      if(s&&parent)s=s.includes('&')?s.replaceAll('&',':is('+parent+')'):':is('+parent+') :is('+s+')';\n"
    "      s=s.replace(/::[\\w-]+(\\([^)]*\\))?|:(before|after|first-line|first-letter)\\b/g,':not(pp-none)');\n"
    "      if(s&&past.test(s))out.push(s);\n"
    "      if(r.constructor.name=='CSSScopeRule')out.push('');\n"
    "      if(r.styleSheet)read(r.styleSheet);if(r.cssRules)look(r.cssRules,s||parent)}};\n"
    "  const read=s=>{try{look(s.cssRules,'')}catch{out.push('')}};\n"
    "  for(const s of document.styleSheets)read(s);return [...new Set(out)]};\n"
    "const seen=(list,root,b)=>[root,b,...b.querySelectorAll('*')].map(e=>list.map(s=>e.matches(s)?1:0).join('')).join();\n"
    "const reaches=(b,list)=>{const c=getComputedStyle(b);\n"
    "  if(c.counterIncrement!='none'||c.counterSet!='none')return 'counts its neighbours';\n"
    "  if(b.querySelector('input[type=radio],details[name]'))return 'has buttons that belong together';\n"
    "  if(list.includes(''))return 'has a style sheet that cannot be looked into';if(!list.length)return '';\n"
    "  const d=document.implementation.createHTMLDocument(''),root=document.documentElement.cloneNode(false);\n"
    "  const alone=b.cloneNode(true);root.append(document.head.cloneNode(true),alone);d.replaceChild(root,d.documentElement);\n"
    "  try{return seen(list,document.documentElement,b)==seen(list,root,alone)?'':'is styled by its neighbours'}\n"
    "  catch{return 'has a selector that cannot be looked into'}};\n"
    "const walk=(e,clip,o)=>{const c=getComputedStyle(e);if(c.display=='none')return;\n"
    /* A pseudo-element has no box that we could ask for: one with words that is taken out of its place is judged alone. */
    "  if(!o.stray&&o.many)for(const q of ['::before','::after']){const g=getComputedStyle(e,q);\n"
    "    if(g.content!='none'&&g.content!='normal'&&g.content!='\"\"'&&g.position!='static')o.stray=name(e)+q}\n"
    "  if(c.position=='fixed'&&!o.fixed)o.fixed=name(e);\n"
    "  const r=e.getBoundingClientRect();let inner=clip;\n"
    "  const low=Math.min(r.bottom,clip.bottom),high=Math.max(r.top,clip.top);\n"
    "  if(r.width&&r.height&&high<o.top-.5&&low>high&&!o.stray)o.stray=name(e);\n"
    "  if(r.width&&r.height&&low>o.low){o.low=low;o.lowest=name(e)}\n"
    "  if(r.width&&r.height&&Math.min(r.right,clip.right)>o.right){o.right=Math.min(r.right,clip.right);o.widest=name(e)}\n"
    "  const clips=v=>v=='hidden'||v=='clip'||v=='auto'||v=='scroll';\n"
    "  if(clips(c.overflowX)||clips(c.overflowY)||c.display=='-webkit-box'){\n"
    "    inner={bottom:clips(c.overflowY)?Math.min(clip.bottom,r.bottom):clip.bottom,\n"
    "      top:clips(c.overflowY)?Math.max(clip.top,r.top):clip.top,\n"
    "      right:clips(c.overflowX)?Math.min(clip.right,r.right):clip.right,by:name(e)}}\n"
    "  for(let n=e.firstChild;n;n=n.nextSibling){\n"
    "    if(n.nodeType==1)walk(n,inner,o);\n"
    "    else if(n.nodeType==3&&n.data.trim()){const g=document.createRange();g.selectNodeContents(n);\n"
    "      for(const t of g.getClientRects()){if(!t.width||!t.height||c.visibility!='visible')continue;\n"
    "        const below=t.bottom-inner.bottom,beyond=t.right-Math.min(inner.right,o.page);\n"
    "        if(!o.cut&&below>t.height*.35)o.cut='text in '+name(e)+' is cut off by '+(inner.by||'the page')+', '+px(below);\n"
    "        if(!o.cut&&beyond>1.5)o.cut='text in '+name(e)+' is cut off by '+(inner.by||'the page')+', '+px(beyond);\n"
    "        if(!o.cut&&(t.left<-1.5||t.top+scrollY<-1.5))o.cut='text in '+name(e)+' begins outside of the page';\n"
    "        if(!o.stray&&Math.max(t.top,inner.top)<o.top-1.5&&t.bottom>inner.top)o.stray='text in '+name(e);\n"
    "        const foot=Math.min(t.bottom-t.height*.25,inner.bottom);\n"
    "        if(foot>o.low){o.low=foot;o.lowest='text in '+name(e)}}}}};\n"
    "pp.check=w=>{const out=[],all=pp.bodies,first={sheets:sheets(all[0]),drawn:drawn(all[0]),color:getComputedStyle(all[0]).backgroundColor},list=all.length>1?looking():[];\n"
    /* One is enough: bodies that are taken out change what such a selector finds in the others. */
    "  let past='';for(const b of all.length>1?all:[])if((past=reaches(b,list)))break;\n"
    "  all.forEach((b,k)=>{const r=b.getBoundingClientRect(),o={low:-1e9,right:-1e9,page:w,top:r.top,many:all.length>1};\n"
    "    walk(b,{bottom:1e9,right:1e9,top:-1e9},o);\n"
    /* One box beyond the right edge would make Chromium print the whole document smaller: it is clipped where the page ends. */
    "    if(o.right>w+.5){if(Math.abs(r.right-w)<1)b.style.setProperty('overflow-x','clip','important');\n"
    "      else if(!o.cut)o.cut=o.widest+' is '+px(o.right-w)+' wider than the page'}\n"
    "    if(o.cut)out.push([k,2,o.cut]);\n"
    "    else if(o.low>r.bottom+.5)out.push([k,1,o.lowest+' hangs '+px(o.low-r.bottom)+' below its page']);\n"
    "    else if(o.stray)out.push([k,1,o.stray+' may leave its page']);\n"
    "    else if(o.fixed)out.push([k,1,o.fixed+' has a fixed position']);\n"
    "    else if(past)out.push([k,1,past]);\n"
    "    else if(k){const s=stranger(b,first);if(s)out.push([k,1,s])}});\n"
    "  return out};\n"
    /* The colour of the page: without this a body's background ends where the body ends. */
    "pp.paint=()=>{const h=getComputedStyle(document.documentElement),b=getComputedStyle(document.body);\n"
    "  if(h.backgroundImage=='none'&&/, 0\\)$/.test(h.backgroundColor))\n"
    "    document.documentElement.style.setProperty('background-color',/, 0\\)$/.test(b.backgroundColor)?'#fff':b.backgroundColor,'important')};\n"
    "pp.finish=drop=>{const gone=new Set(drop),nav=document.createElement('pp-marks');let last=null;\n"
    "  for(const e of document.querySelectorAll('[id^=\"pp-\"]'))e.removeAttribute('id');\n"
    "  pp.bodies.forEach((b,k)=>{if(gone.has(k)){b.remove();return}last=b;\n"
    "    let mark=b;if(b.id){mark=document.createElement('pp-mark');b.prepend(mark)}mark.id='pp-'+k;\n"
    "    const a=document.createElement('a');a.href='#pp-'+k;a.textContent='.';nav.append(a)});\n"
    /* What measuring cannot see (shadows, words of pseudo-elements, drawings) must not reach a neighbour's page either: each body is
     * clipped to its own pages. The rule is on html as well, because the first body's would be taken for the window's. */
    "  const kept=pp.bodies.filter((b,k)=>!gone.has(k));\n"
    "  if(kept.length>1){document.documentElement.style.setProperty('overflow','hidden','important');\n"
    "    for(const b of kept)b.style.setProperty('overflow','clip','important')}\n"
    "  if(last)last.style.setProperty('break-after','auto','important');\n"
    "  document.documentElement.append(nav);return document.documentElement.offsetHeight};\n"
    "})()";
