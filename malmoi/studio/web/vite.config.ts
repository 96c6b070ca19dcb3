import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** The font's licence asks to travel with the font; Vite's own licence file covers scripts only. */
function fontLicence(): Plugin {
  return {
    name: 'font-licence',
    apply: 'build',
    generateBundle() {
      const source = readFileSync('node_modules/pretendard/dist/LICENSE.txt', 'utf8')
      this.emitFile({ type: 'asset', fileName: 'licences/pretendard.txt', source })
    },
  }
}

/** The paths of the table of routes, for the server: it answers other addresses with 404 (studio/screen/addresses.py). */
function addresses(): Plugin {
  return {
    name: 'addresses',
    apply: 'build',
    generateBundle() {
      const table = readFileSync('src/app/routes.ts', 'utf8')
      const paths = [...table.matchAll(/^ {2}\{ path: '([^']+)'/gm)].map((row) => row[1])
      this.emitFile({ type: 'asset', fileName: 'addresses.json', source: `${JSON.stringify(paths, null, 1)}\n` })
    },
  }
}

/** Table_head for .head in Table.module.css: file names are unique, so that tests and people can read the page. */
function className(name: string, file: string): string {
  return `${basename(file.split('?')[0]!, '.module.css')}_${name}`
}

export default defineConfig({
  plugins: [react(), fontLicence(), addresses()],
  build: {
    outDir: '../static',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    modulePreload: { polyfill: false },
    // Data URLs would need `font-src data:` in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    license: { fileName: 'licences/scripts.txt' },
  },
  css: { modules: { generateScopedName: className } },
  // `npm run dev` shows the sources against a running `malmoi studio`.
  server: {
    // The sentences of errors lie beside the server's sources.
    fs: { allow: ['../..'] },
    proxy: { '/api': 'http://127.0.0.1:8600', '/v1': 'http://127.0.0.1:8600' },
  },
})
