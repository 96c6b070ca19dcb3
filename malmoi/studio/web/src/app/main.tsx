import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { I18nProvider } from 'react-aria-components'
import { createRoot } from 'react-dom/client'
import { watchConnection } from '../api/connection'
import { ApiError } from '../i18n/errors'
import { LanguageProvider, useLanguage, type Language } from '../i18n/language'
import { onRemembered, recall, remember } from '../ui/memory'
import { router } from './router'
import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/shell.css'
import '../styles/parts.css'
import '../styles/fields.css'
import '../styles/playground.css'

const RETRIES = 2

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that has ended shows itself at whatever is asked next; the page then leads to the sign-in.
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'sign_in_needed') {
        void client.invalidateQueries({ queryKey: ['session'] })
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // The server may run on this very machine, which needs no network for that.
      networkMode: 'always',
      // Asking again does not mend a refusal.
      retry: (failures, error) => failures < RETRIES && !(error instanceof ApiError && error.status < 500),
    },
    mutations: { networkMode: 'always' },
  },
})

// What failed while the server was away is asked again as soon as it is back; `about` may name another model by then.
watchConnection(() => {
  void client.invalidateQueries({ predicate: ({ state }) => state.status === 'error' || state.fetchFailureCount > 0 })
  void client.invalidateQueries({ queryKey: ['about'] })
})

const hearLanguage = (change: (language: Language) => void) =>
  onRemembered('language', (kept) => change(kept === 'en' ? 'en' : 'ko'))
const keepLanguage = (language: Language) => remember('language', language)

function Screen() {
  const { language } = useLanguage()
  return (
    <I18nProvider locale={language === 'ko' ? 'ko-KR' : 'en-GB'}>
      <RouterProvider router={router} />
    </I18nProvider>
  )
}

// 92 slices of one font, of which the browser loads those with a sign on the screen: first words do not wait for the list.
void import('./fonts')

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <LanguageProvider first={recall('language')} onChange={keepLanguage} listen={hearLanguage}>
        <Screen />
      </LanguageProvider>
    </QueryClientProvider>
  </StrictMode>,
)
