import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import en from './en.json'
import { fill } from '../text/josa'
import { LOCALES, type Language } from '../text/numbers'
import ko from './ko.json'

export type { Language }
export type Key = keyof typeof ko
export type Words = Record<string, string | number>
export type Translate = (key: Key, words?: Words) => string

// The annotation makes a key that is missing in English an error of the build.
const SENTENCES: Record<Language, Record<Key, string>> = { ko, en }

interface LanguageValue {
  language: Language
  setLanguage: (language: Language) => void
  t: Translate
  /** The sentence of a text that the server gives in both languages. */
  pick: (text: { ko: string; en: string }) => string
  /** The sentence for a key made at run time (why an answer ended), or `fallback` where the list has none. */
  named: (prefix: string, name: string) => string
}

const LanguageContext = createContext<LanguageValue | null>(null)

interface Props {
  /** What was chosen on an earlier visit. */
  first: string | null
  onChange: (language: Language) => void
  /** Tells what another tab has chosen; returns how to stop listening. */
  listen: (change: (language: Language) => void) => () => void
  children: ReactNode
}

export function LanguageProvider({ first, onChange, listen, children }: Props) {
  const [language, setLanguage] = useState<Language>(first === 'en' ? 'en' : 'ko')
  useEffect(() => {
    document.documentElement.lang = language
    onChange(language)
  }, [language, onChange])
  useEffect(() => listen(setLanguage), [listen])
  const value = useMemo<LanguageValue>(() => {
    const sentences = SENTENCES[language]
    return {
      language,
      setLanguage,
      t: (key, words) => fill(sentences[key], words ?? {}, LOCALES[language]),
      pick: (text) => text[language] || text.ko || text.en,
      named: (prefix, name) => sentences[`${prefix}.${name}` as Key] ?? name,
    }
  }, [language])
  return <LanguageContext value={value}>{children}</LanguageContext>
}

export function useLanguage(): LanguageValue {
  const value = use(LanguageContext)
  if (!value) throw new Error('useLanguage outside LanguageProvider')
  return value
}
