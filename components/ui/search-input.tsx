"use client";
import { Search } from "lucide-react";
import { Input } from "./input";

/** Narrows a list by what is in its names. */
export const SearchInput = ({ value, onChange, label }: { value: string; onChange: (value: string) => void; label: string }) => (
  <div className="relative">
    <Search aria-hidden className="absolute top-2 left-2 size-3.5 text-faint" />
    <Input
      value={value}
      onChange={(event) => onChange(event.target.value)}
      placeholder="Search"
      aria-label={label}
      className="h-7 w-44 pl-7 max-sm:w-32"
    />
  </div>
);
