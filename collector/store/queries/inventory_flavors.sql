SELECT id, family, vcpu, memory_mib, price_yuan_month FROM flavors ORDER BY id
