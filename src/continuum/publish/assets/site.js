/* What scripts add to a site that works without them: theme, search, charts that answer. No request leaves the site. */
(function () {
  'use strict';
  var root = document.body.dataset.root || document.documentElement.dataset.siteRoot || '';
  var html = document.documentElement;

  function load(file) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement('script');
      script.src = root + file;
      script.onload = resolve;
      script.onerror = reject;
      document.head.appendChild(script);
    });
  }

  /* Theme: follows the system until a reader chooses. */
  var themeButton = document.querySelector('button.theme');
  function dark() {
    return html.dataset.theme ? html.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  }
  function nameTheme() { themeButton.textContent = dark() ? 'Light' : 'Dark'; themeButton.setAttribute('aria-label', 'Switch to ' + (dark() ? 'light' : 'dark') + ' colors'); }
  if (themeButton) {
    themeButton.hidden = false;
    nameTheme();
    themeButton.addEventListener('click', function () {
      html.dataset.theme = dark() ? 'light' : 'dark';
      try { localStorage.setItem('theme', html.dataset.theme); } catch (error) { /* private window: holds for this page */ }
      nameTheme();
    });
  }

  /* Quarto shortens the address in every link to an index page; a link within the page then loads it again. */
  addEventListener('load', function () {
    document.querySelectorAll('a[data-original-href]').forEach(function (link) {
      var parts = link.dataset.originalHref.split('#');
      if (parts[1] && parts[0] === location.href.split('#')[0]) link.setAttribute('href', '#' + parts[1]);
    });
  });

  /* One menu open at a time; Escape closes it and returns to its heading. */
  var menus = Array.from(document.querySelectorAll('.wide details'));
  menus.forEach(function (menu) {
    menu.addEventListener('toggle', function () {
      if (menu.open) menus.forEach(function (other) { if (other !== menu) other.open = false; });
    });
    menu.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && menu.open) { menu.open = false; menu.querySelector('summary').focus(); }
    });
  });
  document.addEventListener('click', function (event) {
    menus.forEach(function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });

  /* Search: the index is fetched when it is first asked for. */
  var opener = document.querySelector('button.search-open');
  if (opener) {
    opener.hidden = false;
    opener.addEventListener('click', openSearch);
    document.addEventListener('keydown', function (event) {
      var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); openSearch(); }
    });
  }
  var dialog;
  function openSearch() {
    if (!dialog) {
      dialog = document.createElement('dialog');
      dialog.className = 'search';
      dialog.setAttribute('aria-label', 'Search this site');
      dialog.innerHTML = '<form method="dialog"><label>Search this site<input type="search" autocomplete="off"></label>' +
        '<button value="close">Close</button></form><p class="muted" role="status"></p><ol></ol>';
      document.body.appendChild(dialog);
      dialog.querySelector('input').addEventListener('input', function () { show(this.value); });
      dialog.querySelector('input').addEventListener('keydown', function (event) {
        if (event.key === 'Enter') { event.preventDefault(); var first = dialog.querySelector('ol a'); if (first) first.click(); }
      });
      dialog.querySelector('ol').addEventListener('click', function () { dialog.close(); });
    }
    (window.continuumSearch ? Promise.resolve() : load('assets/search.js')).then(function () {
      dialog.showModal();
      dialog.querySelector('input').focus();
    });
  }
  function show(text) {
    var words = text.toLowerCase().split(/\s+/).filter(Boolean);
    var list = dialog.querySelector('ol');
    list.textContent = '';
    var hits = words.length ? window.continuumSearch.map(function (entry) {
      var title = (entry.page + ' ' + entry.title).toLowerCase(), body = entry.text.toLowerCase(), score = 0;
      for (var i = 0; i < words.length; i++) {
        var here = (title.includes(words[i]) ? 10 : 0) + Math.min(5, body.split(words[i]).length - 1);
        if (!here) return { score: 0 };
        score += here;
      }
      return { score: score, entry: entry };
    }).filter(function (hit) { return hit.score; }).sort(function (a, b) { return b.score - a.score; }) : [];
    dialog.querySelector('[role=status]').textContent = words.length ? hits.length + (hits.length === 1 ? ' place' : ' places') : '';
    hits.slice(0, 12).forEach(function (hit) {
      var item = document.createElement('li'), link = document.createElement('a'), excerpt = document.createElement('p');
      link.href = root + hit.entry.url;
      link.textContent = hit.entry.title === hit.entry.page ? hit.entry.page : hit.entry.page + ': ' + hit.entry.title;
      var at = Math.max(0, hit.entry.text.toLowerCase().indexOf(words[0]) - 50);
      excerpt.textContent = (at ? '… ' : '') + hit.entry.text.slice(at, at + 160) + ' …';
      item.append(link, excerpt);
      list.append(item);
    });
  }

  /* Charts: the picture stays until its live version has been drawn in its place. */
  var charts = (window.continuumCharts || []).map(function (id) { return document.getElementById(id); }).filter(Boolean);
  /* One description for the whole chart, as for the picture: Vega names the parts of its drawing, some without words. */
  function describeOnce(drawing, words) {
    function silence() {
      drawing.querySelectorAll('[role]').forEach(function (part) {
        part.removeAttribute('role');
        part.removeAttribute('aria-roledescription');
        part.removeAttribute('aria-label');
      });
    }
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', words);
    silence();
    new MutationObserver(silence).observe(drawing, { childList: true, subtree: true });
  }
  function draw(figure) {
    var picture = figure.querySelector('img, object');
    if (!picture || figure.dataset.live) return;
    figure.dataset.live = 'loading';
    Promise.all([
      window.continuumVega ? null : (window.continuumVegaLoading = window.continuumVegaLoading || load('assets/vega.js')),
      load('assets/charts/' + figure.id + '.js')
    ]).then(function () {
      var holder = document.createElement('div');
      holder.className = 'live';
      holder.tabIndex = 0;
      holder.setAttribute('role', 'group');
      holder.setAttribute('aria-label', 'Interactive chart: ' + (picture.alt || figure.id));
      var options = { mode: 'vega-lite', actions: false, renderer: 'svg', logLevel: 1, tooltip: { theme: 'light' } };
      var spec = Object.assign({}, window.continuumSpecs[figure.id]);
      delete spec.$schema; /* names JupyterLab's version; what the charts use is the same in the one that draws here */
      return window.continuumVega(holder, spec, options).then(function (result) {
        var drawing = holder.querySelector('svg');
        describeOnce(drawing, picture.alt || figure.id);
        picture.replaceWith(holder);
        /* A little too wide for its column: shrunk to fit. Much too wide: it scrolls. */
        var room = holder.clientWidth - 28, wide = Number(drawing.getAttribute('width'));
        if (wide > room && wide * 0.85 < room) {
          drawing.style.width = room + 'px';
          drawing.style.height = 'auto';
        }
        var note = figure.querySelector('.make-live');
        if (note) note.remove();
        figure.dataset.live = 'yes';
        figure.continuumView = result.view;
      });
    }).catch(function (error) { figure.dataset.live = 'failed'; console.error(error); });
  }
  function offer(figure) {
    var picture = figure.querySelector('img, object');
    if (picture && !picture.hasAttribute('width') && picture.complete === false) {
      picture.addEventListener('load', function () { offer(figure); }, { once: true });
      return;
    }
    var wanted = picture ? Number(picture.getAttribute('width')) || picture.naturalWidth || 0 : 0;
    if (picture && wanted > figure.clientWidth + 40 && !figure.querySelector('.make-live')) {
      /* On a narrow screen the whole picture is worth more than a part of a live chart: let the reader choose. */
      var button = document.createElement('button');
      button.type = 'button';
      button.className = 'make-live';
      button.textContent = 'Interactive version';
      button.addEventListener('click', function () { draw(figure); });
      picture.after(button);
    } else {
      draw(figure);
    }
  }
  if (charts.length && 'IntersectionObserver' in window) {
    var watcher = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting) { watcher.unobserve(entry.target); offer(entry.target); }
      });
    }, { rootMargin: '200px' });
    charts.forEach(function (figure) { watcher.observe(figure); });
  } else {
    charts.forEach(offer);
  }

  /* Filters over a table that is complete without them: one menu per property, and a field for words. */
  document.querySelectorAll('table.filtered').forEach(function (table) {
    var rows = Array.from(table.tBodies[0].rows);
    var box = document.createElement('form');
    box.className = 'filters';
    box.setAttribute('aria-label', 'Filter the table');
    var status = document.createElement('p');
    status.setAttribute('role', 'status');
    var fields = table.dataset.filters.split(',').map(function (name) {
      var values = Array.from(new Set(rows.map(function (row) { return row.dataset[name]; }))).filter(Boolean).sort();
      var label = document.createElement('label');
      var select = document.createElement('select');
      label.textContent = name.charAt(0).toUpperCase() + name.slice(1) + ' ';
      [''].concat(values).forEach(function (value) {
        var option = document.createElement('option');
        option.value = value;
        option.textContent = value || 'all';
        select.appendChild(option);
      });
      label.appendChild(select);
      box.appendChild(label);
      return function (row) { return !select.value || row.dataset[name] === select.value; };
    });
    var wordLabel = document.createElement('label');
    var words = document.createElement('input');
    words.type = 'search';
    wordLabel.textContent = 'Words ';
    wordLabel.appendChild(words);
    box.appendChild(wordLabel);
    fields.push(function (row) { return row.textContent.toLowerCase().indexOf(words.value.toLowerCase()) >= 0; });
    function update() {
      var left = 0;
      rows.forEach(function (row) {
        row.hidden = !fields.every(function (test) { return test(row); });
        if (!row.hidden) left += 1;
      });
      status.textContent = left + ' of ' + rows.length + ' rows';
    }
    box.addEventListener('input', update);
    box.addEventListener('submit', function (event) { event.preventDefault(); });
    box.appendChild(status);
    table.parentNode.parentNode.insertBefore(box, table.parentNode);
    update();
  });

  /* Numbered tables whose rows stand for themselves: each heading becomes a button that sorts by its column. */
  function amount(text) {
    var found = /^[\[(<\s]*([+\u2212-]?\d[\d,]*(?:\.\d+)?|[+\u2212-]?\.\d+)/.exec(text);
    return found ? Number(found[1].replace(/,/g, '').replace('\u2212', '-')) - (text.charAt(0) === '<' ? 1e-9 : 0) : NaN;
  }
  function sortable(table) {
    var heads = table.tHead && table.tHead.rows.length === 1 ? Array.from(table.tHead.rows[0].cells) : [];
    var body = table.tBodies.length === 1 ? table.tBodies[0] : null;
    var rows = body ? Array.from(body.rows) : [];
    if (rows.length < 3 || table.querySelector('[rowspan], [colspan], thead a, thead button')) return;
    if (!rows.every(function (row) { return row.cells.length === heads.length && row.cells[0].textContent.trim(); })) return;
    heads.forEach(function (head, column) {
      if (!head.textContent.trim()) return;
      var texts = new Map(rows.map(function (row) { return [row, row.cells[column].textContent.trim()]; }));
      var known = rows.filter(function (row) { return !/^(|\u2013|\[c\])$/.test(texts.get(row)); });
      var unknown = rows.filter(function (row) { return known.indexOf(row) < 0; });
      var counts = known.every(function (row) { return !isNaN(amount(texts.get(row))); });
      var button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append.apply(button, Array.from(head.childNodes));
      head.append(button);
      /* Large numbers or the start of the alphabet first, then the other way round, then as it was. */
      var turns = counts ? ['descending', 'ascending', 'none'] : ['ascending', 'descending', 'none'];
      button.addEventListener('click', function () {
        var next = turns[(turns.indexOf(head.getAttribute('aria-sort')) + 1) % 3];
        heads.forEach(function (other) { other.removeAttribute('aria-sort'); });
        if (next !== 'none') head.setAttribute('aria-sort', next);
        var ordered = known.slice().sort(function (a, b) {
          var one = texts.get(a), two = texts.get(b);
          var order = counts ? amount(one) - amount(two) : one.localeCompare(two, 'en', { numeric: true });
          return next === 'descending' ? -order : order;
        });
        body.append.apply(body, next === 'none' ? rows : ordered.concat(unknown));
      });
    });
  }
  document.querySelectorAll('[id^="tbl-"] table').forEach(sortable);
})();
